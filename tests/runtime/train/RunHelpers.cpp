// fork, exec and temporary files for the tests of this folder.
#include "tests/runtime/train/RunHelpers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace gmc::runtime::fake {

TemporaryFolder::TemporaryFolder() {
  std::string name =
      (std::filesystem::temp_directory_path() / "gmcXXXXXX").string();
  path = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

Outcome runHere(const Words &words, const CompiledModel &model) {
  std::vector<std::string> copies{"fake"};
  copies.insert(copies.end(), words.begin(), words.end());
  std::vector<char *> pointers;
  for (std::string &word : copies) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = trainerMain(int(copies.size()), pointers.data(), model);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

Outcome runHere(const Words &words) { return runHere(words, model()); }

Process::Process(const Words &words, const Words &environment,
                 void (*before)()) {
  std::vector<const char *> arguments{GMC_FAKE_TRAINER};
  for (const std::string &word : words) {
    arguments.push_back(word.c_str());
  }
  arguments.push_back(nullptr);
  pid = fork();
  if (pid != 0) {
    return;
  }
  const int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(null, 1);
  dup2(null, 2);
  for (const std::string &setting : environment) {
    putenv(const_cast<char *>(setting.c_str()));
  }
  if (before != nullptr) {
    before();
  }
  execv(arguments[0], const_cast<char **>(arguments.data()));
  _exit(127);
}

Process::~Process() {
  if (pid > 0) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

void Process::send(int signal) const { kill(pid, signal); }

int Process::wait() {
  int status = 0;
  waitpid(pid, &status, 0);
  pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string readText(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> rowsOf(const std::filesystem::path &run) {
  std::istringstream text(readText(run / "metrics.csv"));
  std::vector<std::string> rows;
  for (std::string line; std::getline(text, line);) {
    rows.push_back(line.substr(0, line.rfind(',')));
  }
  return rows;
}

bool waitFor(const std::filesystem::path &path) {
  using namespace std::chrono_literals;
  for (int i = 0; i < 4000; ++i) {
    if (std::filesystem::exists(path)) {
      return true;
    }
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

} // namespace gmc::runtime::fake
