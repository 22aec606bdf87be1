//===- LinkExecutable.cpp - model and runtime become a program ------------===//
//
// lld links within this process, so a user's machine needs neither a compiler
// nor a linker nor files of -dev packages: all that a trainer consists of
// beside the model, start files and libstdc++ included, is one object that was
// made when gmc was built (tools/CMakeLists.txt). The shared libraries that it
// needs, those of glibc, are the ones that gmc runs with itself.
//
// lld reads the objects from files in memory and writes into a pipe, so nothing
// partial is on the disk.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/LinkExecutable.h"

#include "compiler/Driver/DurableFile.h"
#include "compiler/Driver/ExitCodes.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace gmc::driver {

namespace {

int fail(int code, const std::string &message) {
  fmt::print(stderr, "gmc: {}\n", message);
  return code;
}

/// Returns the trainer's object: in `../lib/gmc` of an installed gmc, `../lib`
/// in a build folder; empty when neither has it.
std::string trainerObject(const std::string &program) {
  for (const char *place : {"../lib/gmc", "../lib"}) {
    llvm::SmallString<256> object(program);
    path::remove_filename(object);
    path::append(object, place, "trainer.o");
    if (fs::exists(object)) {
      return std::string(object);
    }
  }
  return "";
}

/// The name by which this process opens one of its own descriptors.
std::string nameOf(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

/// A file in memory, which lld reads by a name.
class MemoryFile {
public:
  MemoryFile() : descriptor(memfd_create("gmc", MFD_CLOEXEC)) {}
  MemoryFile(MemoryFile &&other) : descriptor(other.descriptor) {
    other.descriptor = -1;
  }
  ~MemoryFile() {
    if (descriptor >= 0) {
      close(descriptor);
    }
  }

  bool isOpen() const { return descriptor >= 0; }
  std::string name() const { return nameOf(descriptor); }

  /// Returns whether all bytes were written; errno says why not.
  bool write(llvm::ArrayRef<char> bytes) {
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/false);
    stream.write(bytes.data(), bytes.size());
    stream.flush();
    bool bad = stream.has_error();
    stream.clear_error();
    return !bad;
  }

private:
  int descriptor;
};

/// A file that lld writes by a name, kept in memory. It is a pipe: what is no
/// regular file lld writes as it is, without a temporary one beside it.
class Collector {
public:
  Collector() {
    if (pipe2(ends, O_CLOEXEC) != 0) {
      return;
    }
    try {
      reader = std::thread([this] { readAll(); });
    } catch (const std::system_error &) { // no memory for its stack
      close(ends[0]);
      close(ends[1]);
    }
  }
  ~Collector() { finish(); }
  Collector(const Collector &) = delete;
  Collector &operator=(const Collector &) = delete;

  bool isOpen() const { return reader.joinable(); }
  std::string name() const { return nameOf(ends[1]); }

  /// Returns what was written, once nobody writes any more.
  const std::string &finish() {
    if (reader.joinable()) {
      close(ends[1]);
      reader.join();
      close(ends[0]);
    }
    return bytes;
  }

private:
  void readAll() {
    char block[1 << 16];
    for (;;) {
      ssize_t count = read(ends[0], block, sizeof(block));
      if (count > 0) {
        bytes.append(block, count);
      } else if (count == 0 || errno != EINTR) {
        return;
      }
    }
  }

  int ends[2] = {-1, -1};
  std::thread reader;
  std::string bytes;
};

/// The dynamic linker and the shared libraries of glibc, and of the sanitizers
/// where gmc is built with them, that this process has loaded.
struct SystemLibraries {
  std::string dynamicLinker;
  std::vector<std::string> libraries;
};

SystemLibraries loadedLibraries() {
  SystemLibraries found;
  auto visit = [](dl_phdr_info *info, size_t, void *into) {
    auto &found = *static_cast<SystemLibraries *>(into);
    llvm::StringRef file = path::filename(info->dlpi_name);
    if (file.starts_with("ld-linux")) {
      found.dynamicLinker = info->dlpi_name;
    }
    for (llvm::StringRef wanted :
         {"libc.so.", "libm.so.", "ld-linux", "libasan.so.", "libubsan.so."}) {
      if (file.starts_with(wanted)) {
        found.libraries.push_back(info->dlpi_name);
      }
    }
    return 0;
  };
  dl_iterate_phdr(visit, &found);
  return found;
}

/// Returns what is wrong with an object file; lld crashes on one that is cut
/// off.
std::string troubleOfObject(const std::string &name) {
  auto object = llvm::object::ObjectFile::createObjectFile(name);
  return object ? "" : llvm::toString(object.takeError());
}

/// Runs lld, which catches its own crashes. Returns an exit code, and in `said`
/// what it says against it.
int runLinker(const std::string &trainer,
              const std::vector<MemoryFile> &objects, const std::string &output,
              std::string &said) {
  SystemLibraries system = loadedLibraries();
  std::vector<std::string> words{
      "ld.lld", "-pie", "--build-id", "--eh-frame-hdr", "--hash-style=gnu",
      "--gc-sections", "-s", "--as-needed", "--threads=1",
      // Without an entry point lld warns only.
      "--fatal-warnings", "-dynamic-linker", system.dynamicLinker, "-o", output,
      trainer};
  for (const MemoryFile &object : objects) {
    words.push_back(object.name());
  }
  words.insert(words.end(), system.libraries.begin(), system.libraries.end());
  std::vector<const char *> arguments;
  for (const std::string &word : words) {
    arguments.push_back(word.c_str());
  }
  llvm::raw_string_ostream stream(said);
  lld::Result result =
      lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (!result.canRunAgain) {
    return exitInternal;
  }
  return result.retCode == 0 ? exitOk : exitIo;
}

} // namespace

std::string checkOutput(const std::string &output, const std::string &source) {
  fs::file_status status;
  std::error_code error = fs::status(output, status);
  if (!error && fs::exists(status)) {
    bool same = false;
    if (!fs::equivalent(output, source, same) && same) {
      return "is the model's own text; choose another name with -o";
    }
    if (!fs::is_regular_file(status)) {
      return fs::is_directory(status) ? "is a directory"
                                      : "is not a regular file";
    }
  } else if (error && error != std::errc::no_such_file_or_directory) {
    return error.message();
  }
  llvm::StringRef folder = path::parent_path(output);
  std::string place = folder.empty() ? "." : folder.str();
  if (!fs::is_directory(place)) {
    return "lies in `" + place + "`, which is no folder";
  }
  if (fs::access(place, fs::AccessMode::Write)) {
    return "lies in `" + place + "`, which cannot be written";
  }
  return "";
}

int linkExecutable(const std::vector<Object> &objects,
                   const std::string &program, const std::string &output) {
  std::string trainer = trainerObject(program);
  if (trainer.empty()) {
    return fail(exitIo, fmt::format("found no trainer.o for `{}`, neither in "
                                    "../lib/gmc nor in ../lib beside it; build "
                                    "or install gmc whole",
                                    program));
  }
  Collector linked;
  std::vector<MemoryFile> parts(objects.size());
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!linked.isOpen() || !parts[i].isOpen()) {
      return fail(exitMemory, "out of memory to link in");
    }
    if (!parts[i].write(objects[i])) {
      return fail(exitIo, fmt::format("cannot keep the model's code in memory "
                                      "for the linker: {}",
                                      strerror(errno)));
    }
  }
  std::string said = troubleOfObject(trainer);
  int code =
      said.empty() ? runLinker(trainer, parts, linked.name(), said) : exitIo;
  if (code == exitInternal) {
    return code;
  }
  if (code != exitOk) {
    return fail(code,
                fmt::format("cannot link the model with `{}`; build or "
                            "install gmc whole. The linker says:\n{}",
                            trainer, llvm::StringRef(said).rtrim().str()));
  }
  if (std::error_code error = writeExecutable(output, linked.finish())) {
    return fail(exitIo,
                fmt::format("cannot write `{}`: {}", output, error.message()));
  }
  return exitOk;
}

} // namespace gmc::driver
