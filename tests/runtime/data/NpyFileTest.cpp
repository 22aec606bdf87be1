//===- NpyFileTest.cpp - the NPY format, rows D6-D11, D16, D19 ------------===//

#include "runtime/data/NpyFile.h"

#include "tests/runtime/data/RecordFiles.h"

#include <cmath>
#include <fcntl.h>
#include <limits>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

/// A whole file: magic, version, length of the header, header, data.
static std::string npy(const std::string &header, const std::string &data,
                       int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += char(version);
  bytes += '\0';
  for (size_t i = 0; i < (version == 1 ? 2u : 4u); ++i) {
    bytes += char(header.size() >> 8 * i);
  }
  return bytes + header + data;
}

static std::string headerOf(const std::string &type, const std::string &shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape +
         ", }   \n";
}

class NpyFile : public ::testing::Test {
protected:
  Column read(const std::string &bytes) {
    writeFile(folder / "x.npy", bytes);
    return readNpy(folder / "x.npy");
  }
  void expectRefused(const std::string &bytes, std::string_view part) {
    expectFailure(ExitData, part, [&] { read(bytes); });
  }

  TemporaryFolder folder;
};

TEST_F(NpyFile, ReadsTheThreeTypesInAllVersions) {
  for (int version : {1, 2, 3}) {
    Column f4 = read(npy(headerOf("<f4", "(2, 3)"),
                         bytesOf<float>({0, 1, 2, 3, 4, 5.5f}), version));
    EXPECT_EQ(f4.shape, Shape{3});
    EXPECT_EQ(f4.records(), 2);
    EXPECT_EQ(numberAt(f4.bytes, f4.stored, 5), 5.5);
  }
  Column f8 = read(npy(headerOf("<f8", "(2,)"), bytesOf<double>({1, 1.0 / 3})));
  EXPECT_EQ(numberAt(f8.bytes, f8.stored, 1), 1.0 / 3);
  Column u1 = read(npy(headerOf("|u1", "(3,)"), bytesOf<uint8_t>({0, 7, 255})));
  EXPECT_EQ(numberAt(u1.bytes, u1.stored, 2), 255);
}

TEST_F(NpyFile, D6TheLengthsOfMagicAndHeaderAreCheckedBeforeReading) {
  expectRefused("\x93NUM", "4 bytes are no NPY file");
  expectRefused("PK\3\4 zip archive", "begins with 50 4b 03 04");
  for (int version : {0, 4, 255}) {
    expectRefused(npy(headerOf("<f4", "(1,)"), "1234", version),
                  fmt::format("has NPY version {}.0", version));
  }
  std::string full = npy(headerOf("<f4", "(1,)"), "1234");
  for (auto [low, high] : {std::pair(0xff, 0xff), std::pair(0x00, 0x40)}) {
    std::string bytes = full;
    bytes[8] = char(low);
    bytes[9] = char(high);
    expectRefused(bytes, "declares a header of");
  }
  std::string huge = npy(headerOf("<f4", "(1,)"), "1234", 2);
  huge[8] = huge[9] = huge[10] = huge[11] = '\xff';
  expectRefused(huge, "declares a header of 4294967295 bytes");
  std::string none = full;
  none[8] = none[9] = 0;
  expectRefused(none, "damaged NPY header");
}

TEST_F(NpyFile, D7OnlyTheGrammarOfAHeaderIsTaken) {
  expectRefused(npy(std::string(10001, ' '), ""), "at most 10000");
  expectRefused(npy("{'shape': " + std::string(9000, '('), ""),
                "expected an extent");
  expectRefused(npy("{'descr': '<f4', 'shape': (1,)}", "1234"),
                "the key `fortran_order` is missing");
  expectRefused(npy("{'descr': '<f4', 'descr': '<f4'}", ""),
                "the key `descr` is repeated");
  expectRefused(npy("{'descr': '<f4', 'order': 1}", ""),
                "the key `order` is not known");
  expectRefused(npy("{'shape': (2*2,)}", ""), "expected `)`");
  expectRefused(npy("{'shape': __import__('os')}", ""), "expected `(`");
  expectRefused(npy("{'shape': (1,)} # more", ""), "more follows");
  expectRefused(npy("{'descr': '<f4' 'shape': (1,)}", ""), "expected `,` or");
  expectRefused(npy("{'fortran_order': 0}", ""), "expected True or False");
}

TEST_F(NpyFile, D8OtherTypesAreRefusedByName) {
  for (const char *type : {"|O", ">f4", "<c16", "<U5", "<f2", "<i8", "|b1"}) {
    expectRefused(npy(headerOf(type, "(1,)"), "12345678"),
                  fmt::format("numbers of type `{}`", type));
  }
  expectRefused(npy("{'descr': [('a', '<f4')], 'shape': (1,)}", ""),
                "records of several types");
}

TEST_F(NpyFile, D9OrdersAndShapesThatAreNoRecords) {
  expectRefused(
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "1234"),
      "is in Fortran order");
  expectRefused(npy(headerOf("<f4", "()"), "1234"), "holds no records");
  expectRefused(npy(headerOf("<f4", "(0, 5)"), ""), "holds no records");
  for (const char *shape : {"(-1,)", "(True,)", "(1e3,)", "(10L,)", "(3)",
                            "(3 4)", "(99999999999999999999,)", "[3]"}) {
    expectRefused(npy(headerOf("<f4", shape), "123412341234"),
                  "damaged NPY header");
  }
}

TEST_F(NpyFile, D10ADeclaredSizeIsHeldAgainstTheFileFirst) {
  expectRefused(npy(headerOf("<f8", "(65536, 65536)"), ""),
                "gives [65536, 65536], 34359738368 bytes, but 0 follow");
  expectRefused(npy(headerOf("<f8", "(4294967296, 4294967296)"), ""),
                "over 2^63 bytes");
  std::string whole = npy(headerOf("<f4", "(2,)"), "12345678");
  expectRefused(whole.substr(0, whole.size() - 1), "cut: ");
  expectRefused(whole + "9", "but 9 follow");
}

TEST_F(NpyFile, D11NumbersThatAreNotFiniteAreCounted) {
  const float inf = std::numeric_limits<float>::infinity();
  writeFile(folder / "x.npy",
            npy(headerOf("<f4", "(3, 2)"),
                bytesOf<float>({0, 1, 2, std::nanf(""), inf, 5})));
  plan::Dataset spec =
      dataset("npy", (folder / "x.npy").string(), {numbers("x", {2})});
  expectFailure(ExitData,
                "2 of the 6 numbers of `x` are not finite; the first one, "
                "nan, stands in item 1, place 1",
                [&] { load(spec); });
}

TEST_F(NpyFile, TheDeclaredRangeAndWholeLabelsAreChecked) {
  writeFile(folder / "x.npy",
            npy(headerOf("<f4", "(2,)"), bytesOf<float>({0.5f, 1.5f})));
  plan::Dataset spec =
      dataset("npy", (folder / "x.npy").string(), {numbers("x", {})});
  EXPECT_EQ(numbersOf(load(spec), 1)[0], 1.5);
  spec.fields[0].bounded = true;
  expectFailure(ExitData,
                "item 1 has 1.5 in `x`, which the model declares in "
                "[0, 1]",
                [&] { load(spec); });
  spec.fields[0] = label("x", 4);
  expectFailure(ExitData, "item 0 has label 0.5 in `x`", [&] { load(spec); });
}

TEST_F(NpyFile, ARecordOfSeveralFieldsHasAFileEach) {
  std::filesystem::create_directories(folder / "train");
  std::filesystem::create_directories(folder / "test");
  for (const char *part : {"train", "test"}) {
    writeFile(folder.path / part / "u.npy",
              npy(headerOf("<f4", "(2, 2)"), bytesOf<float>({1, 2, 3, 4})));
    writeFile(folder.path / part / "y.npy",
              npy(headerOf("|u1", "(2,)"), std::string("\0\1", 2)));
  }
  plan::Dataset spec = dataset("npy", (folder / "train/").string(),
                               {numbers("u", {2}), label("y", 2)});
  for (const char *part : {"train", "test"}) {
    Dataset data = load(spec, part);
    EXPECT_EQ(data.items(), 2);
    EXPECT_EQ(numbersOf(data, 1), (std::vector<double>{3, 4}));
    EXPECT_EQ(numbersOf(data, 1, 1), std::vector<double>{1});
  }
}

TEST_F(NpyFile, D16WhatIsNoRegularFileIsRefused) {
  expectFailure(ExitData, "is a directory", [&] { readNpy(folder.path); });
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expectFailure(ExitData, "is a pipe", [&] { readNpy(folder / "pipe"); });
  expectFailure(ExitData, "is a device", [&] { readNpy("/dev/zero"); });
  expectFailure(ExitData, "begins with 4e 61 6d 65",
                [&] { readNpy("/proc/self/status"); });
}

/// Sets the size of `path` without writing: the rest is a hole of zeros.
static void stretch(const std::filesystem::path &path, off_t size) {
  ASSERT_EQ(truncate(path.c_str(), size), 0);
}

TEST_F(NpyFile, D16ASparseTerabyteIsNotRead) {
  writeFile(folder / "x.npy", npy(headerOf("<f4", "(2,)"), ""));
  stretch(folder / "x.npy", off_t(1) << 40);
  expectFailure(ExitData, "8 bytes, but 1099511627",
                [&] { readNpy(folder / "x.npy"); });
}

TEST_F(NpyFile, D17NoMoreFilesCanBeOpened) {
  writeFile(folder / "x.npy", npy(headerOf("<f4", "(1,)"), "1234"));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  expectFailure(ExitInputOutput, "Too many open files",
                [&] { readNpy(folder / "x.npy"); });
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(NpyFile, D18AFileThatShrinksLaterChangesNothing) {
  writeFile(folder / "x.npy",
            npy(headerOf("<f4", "(2,)"), bytesOf<float>({1, 2})));
  Dataset data =
      load(dataset("npy", (folder / "x.npy").string(), {numbers("x", {})}));
  stretch(folder / "x.npy", 10);
  EXPECT_EQ(numbersOf(data, 1)[0], 2);
}

TEST_F(NpyFile, D19MoreThanTheMemoryIsMessageAndCode6) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer's shadow is larger than the limit";
#endif
  // 2^43 numbers: sizes past 32 bits are exact, the memory is not there.
  std::string head = npy(headerOf("|u1", "(8796093022208,)"), "");
  writeFile(folder / "x.npy", head);
  stretch(folder / "x.npy", off_t(head.size()) + (off_t(1) << 43));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit little{rlim_t(1) << 40, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  expectFailure(ExitMemory, "no memory for its records", [&] {
    load(dataset("npy", (folder / "x.npy").string(), {numbers("x", {})}));
  });
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
}
