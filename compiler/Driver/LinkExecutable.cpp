//===- LinkExecutable.cpp - model and runtime become a program ------------===//
//
// The system's C++ compiler driver knows where its start files and archives
// are; it is called with an argument vector, never through a shell. Everything
// is written into a folder of its own beside the output, which appears under
// its name in one rename.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/LinkExecutable.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <fmt/format.h>

#include <cstdio>

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
    if (auto found = llvm::sys::findProgramByName(name)) {
      return *found;
    }
    if (auto found = llvm::sys::findProgramByName(name, {"/usr/bin"})) {
      return *found;
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
  llvm::SmallString<256> folder, whole(output);
  fs::make_absolute(whole);
  if (auto error = fs::createUniqueDirectory(whole + ".link", folder)) {
    return fail(exitIo, fmt::format("cannot make a folder beside `{}`: {}",
                                    output, error.message()));
  }
  llvm::scope_exit removeFolder([&] { fs::remove_directories(folder); });
  std::string base(folder);
  std::string result = base + "/program", log = base + "/log";
  std::vector<std::string> arguments{linker, "-o", result};
  for (const Object &object : objects) {
    std::string name = fmt::format("{}/{}.o", base, arguments.size());
    if (!writeFile(name, object)) {
      return fail(exitIo, fmt::format("cannot write `{}`", name));
    }
    arguments.push_back(name);
  }
  arguments.insert(
      arguments.end(),
      {runtime + "/libgmcRuntimeMain.a", runtime + "/libgmcRuntime.a",
       "-static-libstdc++", "-static-libgcc", "-Wl,--gc-sections", "-Wl,-s",
       runtime + "/libpng16.a", runtime + "/libz.a", "-lm", "-lpthread"});
  if (fs::exists("/usr/lib/llvm-22/bin/ld.lld")) {
    arguments.insert(arguments.end(),
                     {"-fuse-ld=lld", "-B/usr/lib/llvm-22/bin"});
  }
  std::vector<llvm::StringRef> views(arguments.begin(), arguments.end());
  std::string message;
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""),
                                                llvm::StringRef(log),
                                                llvm::StringRef(log)};
  int status = llvm::sys::ExecuteAndWait(linker, views, std::nullopt,
                                         redirects, 120, 0, &message);
  if (status != 0) {
    return fail(exitIo, fmt::format("`{}` failed{}{}\n{}", linker,
                                    message.empty() ? "" : ": ", message,
                                    readFile(log)));
  }
  if (auto error = fs::rename(result, output)) {
    return fail(exitIo, fmt::format("cannot put `{}` in place: {}", output,
                                    error.message()));
  }
  return exitOk;
}

} // namespace gmc::driver
