//===- AtomicFile.h - files that appear whole or not at all -----*- C++ -*-===//
//
// Every file that a run replaces goes through here: a temporary file in the
// same folder, all bytes, fsync, close, rename, fsync of the folder. Whatever
// fails, the older file stays as it was and the temporary one is removed.
// main ignores SIGXFSZ and SIGPIPE, so that limits arrive as errors.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_ATOMICFILE_H
#define GMC_RUNTIME_IO_ATOMICFILE_H

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace gmc::runtime {

/// A file under construction. Without commit() nothing of it remains.
class AtomicFile {
public:
  /// Opens the temporary file beside `path`. Throws Failure 5.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// Makes the file durable and gives it its name.
  void commit();

private:
  [[noreturn]] void failWith(const char *action, int error);

  std::filesystem::path path, temporary;
  int descriptor = -1;
};

/// A folder under construction: its files are made in `place`. Without commit()
/// nothing of it remains.
class AtomicFolder {
public:
  /// Makes the temporary folder beside `path`. Throws Failure 2 where something
  /// has that name, which is never replaced, and Failure 5.
  explicit AtomicFolder(std::filesystem::path path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder &) = delete;
  AtomicFolder &operator=(const AtomicFolder &) = delete;

  const std::filesystem::path &place() const { return temporary; }

  /// Gives the folder its name. Its files are durable already.
  void commit();

private:
  std::filesystem::path path, temporary;
};

/// Makes `folder` and those above it that are not there, each durable: a file
/// in a folder is lost with the folder's own name. Throws Failure 5.
void makeFolders(const std::filesystem::path &folder);

/// Removes `file` if it is there; what follows finds it gone after a loss of
/// power too. Throws Failure 5.
void removeDurably(const std::filesystem::path &file);

/// Throws Failure 2 where something has the name of a folder to be made.
void refuseTakenName(const std::filesystem::path &path);

/// Writes `text` to `path` in one go.
void writeFileAtomically(const std::filesystem::path &path,
                         std::string_view text);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_ATOMICFILE_H
