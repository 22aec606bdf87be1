//===- RunProgram.cpp - another program, waited for -----------------------===//
//
// The program has a process group of its own: the C++ compiler starts others,
// and all of them have to end before their folder is removed.
//
//===----------------------------------------------------------------------===//
#include "compiler/Driver/RunProgram.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gmc::driver {

namespace {

constexpr int endingSignals[] = {SIGINT, SIGTERM, SIGHUP};

} // namespace

void blockIgnoredSignals() {
  sigset_t ignored;
  sigemptyset(&ignored);
  for (int signal : endingSignals) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) == 0 &&
        action.sa_handler == SIG_IGN) {
      sigaddset(&ignored, signal);
    }
  }
  sigprocmask(SIG_BLOCK, &ignored, nullptr);
}

HeldSignals::HeldSignals() {
  sigprocmask(SIG_BLOCK, nullptr, &old);
  sigemptyset(&held);
  for (int signal : endingSignals) {
    if (!sigismember(&old, signal)) {
      sigaddset(&held, signal);
    }
  }
  // A parent may have ignored it; then ends of children would not be told.
  ::signal(SIGCHLD, SIG_DFL);
  sigaddset(&held, SIGCHLD);
  sigprocmask(SIG_BLOCK, &held, nullptr);
}

HeldSignals::~HeldSignals() {
  if (received) {
    raise(received);
  }
  sigprocmask(SIG_SETMASK, &old, nullptr);
}

int HeldSignals::wait(int seconds) {
  timespec time = {seconds, 0};
  int signal = sigtimedwait(&held, nullptr, &time);
  if (signal > 0 && signal != SIGCHLD) {
    received = signal;
  }
  return signal > 0 ? signal : 0;
}

namespace {

/// Starts the program. Returns an error of errno.
int start(const std::vector<std::string> &arguments, const std::string &folder,
          const HeldSignals &signals, pid_t &child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addchdir_np(&files, folder.c_str());
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "log",
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &signals.before());
  std::vector<char *> words;
  for (const std::string &argument : arguments) {
    words.push_back(const_cast<char *>(argument.c_str()));
  }
  words.push_back(nullptr);
  int error =
      posix_spawn(&child, words[0], &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/// Ends the program and what it started.
void stop(pid_t child) {
  kill(-child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

std::string runProgram(const std::vector<std::string> &arguments,
                       const std::string &folder, int seconds,
                       HeldSignals &signals) {
  pid_t child = 0;
  if (int error = start(arguments, folder, signals, child)) {
    return fmt::format("cannot be started: {}", strerror(error));
  }
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  // Looked at first: the end may have been told before the first wait.
  while (waitpid(child, &status, WNOHANG) != child) {
    auto left = std::chrono::duration_cast<std::chrono::seconds>(
        end - std::chrono::steady_clock::now());
    int signal = left.count() < 0 ? SIGALRM : signals.wait(left.count() + 1);
    if (signal == 0 || signal == SIGCHLD) {
      continue;
    }
    stop(child);
    return signal == SIGALRM
               ? fmt::format("did not end within {} s", seconds)
               : fmt::format("was stopped: {}", strsignal(signal));
  }
  if (WIFSIGNALED(status)) {
    return fmt::format("was killed: {}", strsignal(WTERMSIG(status)));
  }
  int code = WEXITSTATUS(status);
  return code ? fmt::format("ended with code {}", code) : "";
}

} // namespace gmc::driver
