//===- IdxFileTest.cpp - the IDX reader, rows D1-D4 of the bad inputs
//------===//

#include "runtime/data/IdxFile.h"

#include "tests/runtime/core/Expect.h"
#include "tests/runtime/data/DataFiles.h"

#include <sys/resource.h>
#include <sys/stat.h>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

/// Reads `bytes` out of a file called `name`.
static IdxArray readBytes(const std::string &bytes, const char *name = "f") {
  TemporaryFolder folder;
  writeFile(folder / name, bytes);
  return readIdx(folder / name);
}

static void expectRefused(const std::string &bytes, std::string_view part,
                          const char *name = "f") {
  expectFailure(ExitData, part, [&] { readBytes(bytes, name); });
}

static const std::string good = idxHeader({3, 2, 2}) + ramp(12);

TEST(IdxFile, ReadsPlainAndGzippedFiles) {
  for (auto [bytes, name] :
       {std::pair{good, "f"}, std::pair{gzip(good), "f.gz"}}) {
    IdxArray array = readBytes(bytes, name);
    EXPECT_EQ(array.shape, (Shape{3, 2, 2}));
    std::string data = ramp(12);
    EXPECT_EQ(array.bytes, std::vector<uint8_t>(data.begin(), data.end()));
  }
}

TEST(IdxFile, ReadsLargeGzippedFilesAndSeveralMembers) {
  std::string large = idxHeader({5, 1000, 1000}) + ramp(5'000'000);
  EXPECT_EQ(readBytes(gzip(large), "f.gz").bytes.size(), 5'000'000u);
  std::string members = gzip(good.substr(0, 7)) + gzip(good.substr(7));
  EXPECT_EQ(readBytes(members, "f.gz").bytes, readBytes(good).bytes);
}

TEST(IdxFile, AnArrayOfNothingIsRefused) {
  for (const std::vector<uint32_t> &extents :
       {std::vector<uint32_t>{0, 28, 28}, {3, 0, 2}, {0, ~0u, ~0u, ~0u}}) {
    expectRefused(idxHeader(extents), "has no items");
    expectRefused(gzip(idxHeader(extents)), "has no items", "f.gz");
  }
}

TEST(IdxFileD1, WrongMagicIsShown) {
  expectRefused("hello, world", "begins with 68 65 6c 6c");
  expectRefused(std::string("\x01\0\x08\x01", 4), "begins with 01 00 08 01");
  for (char type : {'\0', '\x07', '\x09', '\x0b', '\x0d', '\x0e', '\xff'}) {
    expectRefused(idxHeader({1}, type) + "x",
                  fmt::format("type code 0x{:02x}", uint8_t(type)));
  }
  expectRefused(idxHeader({}), "0 axes, expected 1 to 8");
  expectRefused(idxHeader(std::vector<uint32_t>(9, 1)) + "x", "9 axes");
  expectRefused(idxHeader(std::vector<uint32_t>(255, 1)) + "x",
                "begins with 00 00 08 ff: 255 axes");
}

TEST(IdxFileD2, ProductsThatOverflowAllocateNothing) {
  for (auto [bytes, name] :
       {std::pair{idxHeader(std::vector<uint32_t>(8, ~0u)), "f"},
        std::pair{gzip(idxHeader(std::vector<uint32_t>(8, ~0u))), "f.gz"}}) {
    expectRefused(bytes, "over 2^63 bytes", name);
  }
  expectRefused(idxHeader(std::vector<uint32_t>(255, ~0u)), "255 axes");
  // Within 2^63, but not within the file.
  expectRefused(idxHeader({~0u, 1u << 30}), "expected 4611686017353646080");
  expectRefused(gzip(idxHeader({~0u, 1u << 30})), "cannot hold more", "f.gz");
}

TEST(IdxFileD3, EveryCutAndEverySurplusIsAnError) {
  for (size_t size = 0; size < good.size(); ++size) {
    std::string cut = good.substr(0, size);
    std::string part =
        size < 4
            ? fmt::format("expected 4 bytes of an IDX header, have {}", size)
        : size < 16
            ? fmt::format("expected 16 bytes of an IDX header, have {}", size)
            : fmt::format("expected 12 bytes after the header [3, 2, 2], have "
                          "{}",
                          size - 16);
    expectRefused(cut, part);
    expectFailure(ExitData, "expected", [&] { readBytes(gzip(cut), "f.gz"); });
  }
  expectRefused(good + "x", "expected 12 bytes after the header [3, 2, 2], "
                            "have 13");
  expectRefused(gzip(good + "x"), "have more", "f.gz");
}

TEST(IdxFileD4, GzipUnderAPlainNameAndTheReverse) {
  expectRefused(gzip(good), "is gzip data; give it a name that ends in .gz");
  expectRefused(good, "is not gzip data although its name ends in .gz", "f.gz");
  expectRefused("", "is empty, expected gzip data", "f.gz");
}

TEST(IdxFileD4, EveryCutOfGzipIsAnError) {
  std::string packed = gzip(good);
  for (size_t size = 1; size < packed.size(); ++size) {
    expectFailure(ExitData, "",
                  [&] { readBytes(packed.substr(0, size), "f.gz"); });
  }
  expectRefused(packed.substr(0, packed.size() - 1),
                "cut: its gzip data have no end", "f.gz");
}

TEST(IdxFileD4, DamageOfGzipIsAnError) {
  std::string packed = gzip(good);
  for (size_t i = packed.size() - 8; i < packed.size(); ++i) {
    std::string damaged = packed;
    damaged[i] ^= 1;
    expectRefused(damaged, "damaged gzip data: incorrect", "f.gz");
  }
  expectRefused(packed + "x", "a byte 0x78 follows the gzip data", "f.gz");
  std::string damaged = packed;
  damaged[2] = 9;
  expectRefused(damaged, "unknown compression method", "f.gz");
}

/// plan::Limits the address space for as long as it lives.
class MemoryLimit {
public:
  explicit MemoryLimit(size_t more) {
    getrlimit(RLIMIT_AS, &old);
    std::string statm = readFile("/proc/self/statm");
    rlim_t now = std::stoull(statm) * sysconf(_SC_PAGESIZE);
    rlimit limited{now + more, old.rlim_max};
    setrlimit(RLIMIT_AS, &limited);
  }
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &old); }

private:
  rlimit old{};
};

TEST(IdxFileD4, ABombCostsWhatItsHeaderSays) {
  // 100 MB of zeros behind a header of 12 bytes; and a header of 400 MB
  // before 12 bytes. Neither may take more than a few MB.
  std::string bomb = gzip(idxHeader({3, 2, 2}) + std::string(100 << 20, '\0'));
  std::string liar = gzip(idxHeader({400, 1024, 1024}) + std::string(12, '\0'));
#ifndef __SANITIZE_ADDRESS__
  MemoryLimit limit(32 << 20);
#endif
  expectRefused(bomb, "have more", "f.gz");
  expectRefused(liar, "cannot hold more", "f.gz");
}

TEST(IdxFile, WhatIsNotAFileIsRefused) {
  TemporaryFolder folder;
  expectFailure(ExitInputOutput, "No such file",
                [&] { readIdx(folder / "absent"); });
  expectFailure(ExitData, "is a directory", [&] { readIdx(folder.path); });
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expectFailure(ExitData, "is a pipe", [&] { readIdx(folder / "pipe"); });
  expectFailure(ExitData, "is a device", [] { readIdx("/dev/zero"); });
  // A file of /proc says that it has no bytes.
  expectFailure(ExitData, "", [] { readIdx("/proc/self/status"); });
}

TEST(IdxFile, NamesAreSafeToPrint) {
  TemporaryFolder folder;
  writeFile(folder / "a\x1b[2J\n", "x");
  expectFailure(ExitData, "a\\x1b[2J\\x0a: expected 4 bytes",
                [&] { readIdx(folder / "a\x1b[2J\n"); });
}
