//===- LinkExecutable.cpp - model and runtime become a program ------------===//
//
// The system's C++ compiler driver knows where its start files and archives
// are; it is called with an argument vector, never through a shell. Everything
// is written into a folder of its own beside the output, which appears under
// its name in one rename, durable.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/LinkExecutable.h"

#include "compiler/Driver/DurableFile.h"
#include "compiler/Driver/RunProgram.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdlib.h>

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace gmc::driver {

namespace {

int fail(int code, const std::string &message) {
  fmt::print(stderr, "gmc: {}\n", message);
  return code;
}

/// Returns the folder of libgmcRuntime.a: `../lib/gmc` of an installed gmc,
/// `../lib` in a build folder; empty when neither has it.
std::string runtimeFolder(const std::string &program) {
  for (const char *place : {"../lib/gmc", "../lib"}) {
    llvm::SmallString<256> folder(program);
    path::remove_filename(folder);
    path::append(folder, place);
    llvm::SmallString<256> archive(folder);
    path::append(archive, "libgmcRuntime.a");
    if (fs::exists(archive)) {
      return std::string(folder);
    }
  }
  return "";
}

std::string findLinker() {
  for (const char *name : {"c++", "g++", "clang++"}) {
    auto found = llvm::sys::findProgramByName(name);
    if (!found) {
      found = llvm::sys::findProgramByName(name, {"/usr/bin"});
    }
    if (found) {
      llvm::SmallString<256> whole(*found);
      fs::make_absolute(whole);
      return std::string(whole);
    }
  }
  return "";
}

std::string readFile(const std::string &name) {
  auto buffer = llvm::MemoryBuffer::getFile(name);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

bool writeFile(const std::string &name, llvm::ArrayRef<char> bytes) {
  std::error_code error;
  llvm::raw_fd_ostream stream(name, error);
  if (error) {
    return false;
  }
  stream.write(bytes.data(), bytes.size());
  stream.close();
  bool bad = stream.has_error();
  stream.clear_error();
  return !bad;
}

/// Returns a new folder for what the linker reads and writes, in the output's
/// folder, where a rename moves no bytes; empty on failure, errno says why.
/// Its path is absolute, so that no name of the user's looks like an option.
std::string makeFolderBeside(const std::string &output) {
  llvm::SmallString<256> folder(path::parent_path(output));
  fs::make_absolute(folder);
  path::append(folder, ".gmc-link-XXXXXX");
  return mkdtemp(const_cast<char *>(folder.c_str())) ? std::string(folder) : "";
}

/// Linking takes a tenth of a second; a linker that hangs is ended.
constexpr int linkSeconds = 120;

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
  std::string runtime = runtimeFolder(program);
  if (runtime.empty()) {
    return fail(exitIo, fmt::format("found no libgmcRuntime.a beside `{}`; "
                                    "build or install gmc whole",
                                    program));
  }
  std::string linker = findLinker();
  if (linker.empty()) {
    return fail(exitIo, "found no C++ compiler to link with in PATH or "
                        "/usr/bin; install g++");
  }
  HeldSignals signals;
  std::string base = makeFolderBeside(output);
  if (base.empty()) {
    return fail(exitIo, fmt::format("cannot make a folder beside `{}`: {}",
                                    output, strerror(errno)));
  }
  llvm::scope_exit removeFolder([&] { fs::remove_directories(base); });
  // Relative names: lld takes a `%` in its output's name for a placeholder.
  std::vector<std::string> arguments{linker, "-o", "program"};
  for (const Object &object : objects) {
    std::string name = fmt::format("{}.o", arguments.size());
    if (!writeFile(base + "/" + name, object)) {
      return fail(exitIo, fmt::format("cannot write `{}/{}`", base, name));
    }
    arguments.push_back(name);
  }
  arguments.insert(
      arguments.end(),
      {runtime + "/libgmcRuntimeMain.a", runtime + "/libgmcRuntime.a",
       "-static-libstdc++", "-static-libgcc", "-Wl,--gc-sections", "-Wl,-s",
       runtime + "/libpng16.a", runtime + "/libz.a", "-lm", "-lpthread"});
#ifdef GMC_SANITIZERS
  arguments.insert(arguments.end(), {GMC_SANITIZERS});
#endif
  if (fs::exists("/usr/lib/llvm-22/bin/ld.lld")) {
    arguments.insert(arguments.end(),
                     {"-fuse-ld=lld", "-B/usr/lib/llvm-22/bin"});
  }
  std::string trouble = runProgram(arguments, base, linkSeconds, signals);
  if (trouble.empty() && !fs::exists(base + "/program")) {
    trouble = "ended well and wrote nothing";
  }
  if (!trouble.empty()) {
    return fail(exitIo, fmt::format("`{}`, which links, {}\n{}", linker,
                                    trouble, readFile(base + "/log")));
  }
  if (auto error = renameDurably(base + "/program", output)) {
    return fail(exitIo, fmt::format("cannot put `{}` in place: {}", output,
                                    error.message()));
  }
  return exitOk;
}

} // namespace gmc::driver
