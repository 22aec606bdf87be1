//===- SafetensorsTest.cpp - strict reading of tensor files
//----------------===//
//
// The rows K1-K7 and K9 of the list of bad inputs, each case with a part of
// the message that it must give.
//
//===----------------------------------------------------------------------===//

#include "runtime/io/Safetensors.h"

#include "tests/runtime/core/Expect.h"

#include <cstring>
#include <random>

using namespace gmc::runtime;
using namespace gmc::runtime::test;
using namespace std::string_literals;

static std::string length(uint64_t value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, 8);
  return bytes;
}

/// Returns a file of `header` and `dataBytes` zeros.
static std::string fileOf(const std::string &header, size_t dataBytes = 0) {
  return length(header.size()) + header + std::string(dataBytes, '\0');
}

/// Reads the bytes as a file without a checksum.
static SafetensorsFile readBytes(const std::string &bytes) {
  TemporaryFolder folder;
  writeFile(folder / "t", bytes);
  return readSafetensors(folder / "t", false);
}

static void expectRefused(const std::string &bytes, std::string_view part) {
  expectFailure(
      ExitCheckpoint, part, [&] { readBytes(bytes); },
      printable(bytes.substr(0, 100), 200));
}

/// Returns the header of one tensor `t`.
static std::string entry(const std::string &dtype, const std::string &shape,
                         const std::string &offsets) {
  return "{\"t\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}}";
}

TEST(SafetensorsK1, LengthOfTheHeader) {
  for (size_t n = 0; n < 8; ++n) {
    expectRefused(std::string(n, '\x01'), "the 8 bytes of its header's length");
  }
  expectRefused(length(0) + "{}", "length is 0");
  expectRefused(length(3) + "{}", "length is 3, only 2 bytes follow");
  expectRefused(length(100'000'001), "limit is 100000000");
  expectRefused(length(1ull << 63), "length is 9223372036854775808");
  expectRefused(length(~0ull), "length is 18446744073709551615");
}

TEST(SafetensorsK2, WhatIsNotJson) {
  expectRefused(fileOf(" {}"), "must begin with `{`");
  expectRefused(fileOf("[]"), "must begin with `{`");
  expectRefused(fileOf("{"), "a key in quotes, have the end");
  expectRefused(fileOf("{}}"), "`}` after the last brace");
  expectRefused(fileOf("{} \n"), "after the last brace");
  expectRefused(fileOf("{,}"), "a key in quotes");
  expectRefused(fileOf("{\"t\" 1}"), "expected `:`");
  expectRefused(fileOf("{'t':{}}"), "a key in quotes, have `'`");
  expectRefused(fileOf("{\"t\":[]}"), "the object of a tensor");
  expectRefused(fileOf("{\"t\":null}"), "the object of a tensor");
  expectRefused(fileOf("{\"t"), "a string without an end");
  expectRefused(fileOf("{\"t\\"), "escape");
  expectRefused(fileOf("{\"\\x\":{}}"), "an escape of `x` is not JSON");
  expectRefused(fileOf("{\"\\u12g4\":{}}"), "hex digit");
  expectRefused(fileOf("{\"\\ud800\":{}}"), "surrogate");
  expectRefused(fileOf("{\"\\ud800\\u0041\":{}}"), "surrogate");
  expectRefused(fileOf("{\"\\udc00\":{}}"), "surrogate");
  expectRefused(fileOf("{\"a\nb\":{}}"), "control character");
  expectRefused(fileOf("{\"a\0b\":{}}"s), "control character");
  for (const char *bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xc3(",
        "\xe2\x82", "\xff"}) {
    expectRefused(fileOf("{\""s + bad + "\":{}}"), "is not UTF-8");
  }
  expectRefused(fileOf("{\"t\":" + std::string(100'000, '[')),
                "the object of a tensor");
  expectRefused(fileOf(std::string(100'000, '{')), "a key in quotes");
}

TEST(SafetensorsK3, KeysThatStandTwice) {
  std::string t = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
  expectRefused(fileOf("{\"t\":" + t + ",\"t\":" + t + "}"),
                "`t` stands twice");
  expectRefused(fileOf("{\"t\":" + t + ",\"\\u0074\":" + t + "}"),
                "`t` stands twice");
  expectRefused(fileOf("{\"__metadata__\":{},\"__metadata__\":{}}"),
                "`__metadata__` stands twice");
  expectRefused(fileOf("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}"),
                "`a` stands twice");
  expectRefused(fileOf("{\"__metadata__\":{\"a\":1}}"),
                "a string as a value of `__metadata__`");
  expectRefused(fileOf("{\"__metadata__\":{\"a\":{}}}"),
                "a string as a value of `__metadata__`");
  expectRefused(fileOf("{\"__metadata__\":\"a\"}"),
                "the object of `__metadata__`");
  expectRefused(fileOf("{\"t\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"),
                "`dtype` stands twice");
}

TEST(SafetensorsK4, FieldsOfATensor) {
  expectRefused(fileOf(entry("I64", "[1]", "[0,8]"), 8), "has dtype `I64`");
  expectRefused(fileOf(entry("f32", "[1]", "[0,4]"), 4), "has dtype `f32`");
  expectRefused(fileOf("{\"t\":{\"dtype\":\"F32\",\"x\":1}}"),
                "the unknown field `x`");
  expectRefused(fileOf("{\"t\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4),
                "has no `dtype`");
  expectRefused(fileOf("{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4),
                "has no `shape`");
  expectRefused(fileOf("{\"t\":{\"dtype\":\"F32\",\"shape\":[]}}", 4),
                "has no `data_offsets`");
  expectRefused(fileOf("{\"t\":{}}", 4), "has no `dtype`");
  expectRefused(fileOf(entry("F32", "[-1]", "[0,4]"), 4),
                "integers of 0 and more");
  expectRefused(fileOf(entry("F32", "[1.0]", "[0,4]"), 4), "not an integer");
  expectRefused(fileOf(entry("F32", "[1e2]", "[0,4]"), 4), "not an integer");
  expectRefused(fileOf(entry("F32", "[01]", "[0,4]"), 4), "leading zeros");
  expectRefused(fileOf(entry("F32", "[18446744073709551616]", "[0,4]"), 4),
                "over 2^63 - 1");
  expectRefused(fileOf(entry("F32", "[1,]", "[0,4]"), 4),
                "integers of 0 and more");
  expectRefused(fileOf(entry("F32", "[\"1\"]", "[0,4]"), 4),
                "integers of 0 and more");
  expectRefused(fileOf("{\"t\":{\"shape\":[1}}"), "after an array");
  expectRefused(fileOf(entry("F32", "1", "[0,4]"), 4), "the array of `shape`");
  expectRefused(fileOf(entry("F32", "[1]", "[0]"), 4), "takes two numbers");
  expectRefused(fileOf(entry("F32", "[1]", "[0,4,4]"), 4), "more than 2");
  std::string ones = "[1";
  for (int i = 0; i < 1'000'000; ++i) {
    ones += ",1";
  }
  expectRefused(fileOf(entry("F32", ones + "]", "[0,4]"), 4), "more than 32");
}

/// Returns the entry of a tensor of floats at [begin, end).
static std::string floats(const std::string &name, int begin, int end) {
  return fmt::format(
      "\"{}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
      name, (end - begin) / 4, begin, end);
}

TEST(SafetensorsK5, PlacesOfTheData) {
  expectRefused(fileOf(entry("F32", "[4294967296,4294967296]", "[0,0]")),
                "over 2^63 bytes");
  expectRefused(fileOf(entry("F64", "[9223372036854775807]", "[0,8]"), 8),
                "over 2^63 bytes");
  expectRefused(fileOf(entry("F32", "[2]", "[0,4]"), 4),
                "takes 8 bytes, its offsets span 4");
  expectRefused(fileOf(entry("F32", "[1]", "[4,0]"), 4), "ends before, at 0");
  expectRefused(
      fileOf("{" + floats("a", 0, 4) + "," + floats("b", 8, 12) + "}", 12),
      "4 unused bytes before tensor `b`");
  expectRefused(fileOf("{" + floats("a", 4, 8) + "}", 8),
                "4 unused bytes before tensor `a`");
  expectRefused(
      fileOf("{" + floats("a", 0, 8) + "," + floats("b", 4, 12) + "}", 12),
      "overlaps the one before, which ends at 8");
  expectRefused(fileOf("{" + floats("a", 0, 8) + "}", 7),
                "the data has 7; the file is cut");
  expectRefused(fileOf("{" + floats("a", 0, 8) + "}", 9),
                "1 bytes follow the last tensor");
  expectRefused(fileOf("{}", 1), "1 bytes follow the last tensor");
}

TEST(SafetensorsK6, NamesAndNumbersOfEntries) {
  std::string many = "{" + floats("t0", 0, 0);
  for (int i = 1; i < 200'000; ++i) {
    many += "," + floats(fmt::format("t{}", i), 0, 0);
  }
  EXPECT_EQ(readBytes(fileOf(many + "}")).tensors.size(), 200'000u);
  std::string longName(1 << 20, 'n');
  EXPECT_EQ(
      readBytes(fileOf("{" + floats(longName, 0, 4) + "}", 4)).tensors[0].name,
      longName);
  // Terminal escapes, NUL and paths are only text, and are printed escaped.
  SafetensorsFile file = readBytes(
      fileOf("{" + floats("\\u001b[2J\\u0000../x\\n", 0, 4) + "}", 4));
  EXPECT_EQ(file.tensors[0].name, "\x1b[2J\0../x\n"s);
  expectRefused(fileOf("{" + floats("\\u001b[2J\\u0000\\n", 0, 4) + "}"),
                "`\\x1b[2J\\x00\\x0a`");
}

TEST(SafetensorsK7, UnusualFilesThatAreGood) {
  EXPECT_TRUE(readBytes(fileOf("{}")).tensors.empty());
  EXPECT_TRUE(readBytes(fileOf("{}      ")).tensors.empty());
  EXPECT_EQ(readBytes(fileOf(entry("F32", "[]", "[0,4]"), 4)).tensors[0].shape,
            Shape{});
  EXPECT_EQ(readBytes(fileOf(entry("F64", "[3,0]", "[0,0]"))).tensors[0].shape,
            (Shape{3, 0}));
  SafetensorsFile file =
      readBytes(fileOf("{ \"b\" : {\"data_offsets\" :[4, 12],\n\"shape\":[1],"
                       "\"dtype\":\"F64\"}, " +
                           floats("\\u00e9\xc3\xa9\\ud83d\\ude00", 0, 4) + "}",
                       12));
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].name, "\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(file.tensors[1].name, "b");
  EXPECT_EQ(file.tensors[1].type, ScalarType::F64);
}

/// A file of two tensors with a checksum.
class SafetensorsK9 : public ::testing::Test {
protected:
  void SetUp() override {
    std::vector<TensorView> views = {
        {"a.weight", {2, 3}, std::as_bytes(std::span(values).first(6))},
        {"b", {}, std::as_bytes(std::span(values).last(1))}};
    writeSafetensors(folder / "t", ScalarType::F32, {{"step", "12"}}, views);
    bytes = readFile(folder / "t");
  }

  TemporaryFolder folder;
  float values[7] = {1, 2, 3, 4, 5, 6, -7};
  std::string bytes;
};

TEST_F(SafetensorsK9, TheFileItselfIsGood) {
  SafetensorsFile file = readSafetensors(folder / "t");
  EXPECT_EQ(file.metadata, (Metadata{{"step", "12"}}));
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(std::memcmp(file.tensors[0].bytes.data(), values, 24), 0);
  ASSERT_NE(file.find("b"), nullptr);
  EXPECT_EQ(std::memcmp(file.find("b")->bytes.data(), values + 6, 4), 0);
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  EXPECT_EQ((8 + header) % 64, 0u);
  EXPECT_EQ(folder.count(), 1);
}

TEST_F(SafetensorsK9, EveryBitThatFlipsIsDetected) {
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    writeFile(folder / "f", flipped);
    try {
      readSafetensors(folder / "f");
      ADD_FAILURE() << "bit " << bit << " went unnoticed";
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitCheckpoint) << failure.what();
    }
  }
}

TEST_F(SafetensorsK9, ZeroedRangesAndOldTailsAreDetected) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    size_t begin = random() % bytes.size();
    size_t count = 1 + random() % (bytes.size() - begin);
    std::string zeroed = bytes;
    std::fill_n(zeroed.begin() + begin, count, '\0');
    if (zeroed == bytes) {
      continue;
    }
    writeFile(folder / "f", zeroed);
    EXPECT_THROW(readSafetensors(folder / "f"), Failure) << begin << count;
  }
  values[1] = 20;
  std::vector<TensorView> views = {
      {"a.weight", {2, 3}, std::as_bytes(std::span(values).first(6))},
      {"b", {}, std::as_bytes(std::span(values).last(1))}};
  writeSafetensors(folder / "new", ScalarType::F32, {{"step", "13"}}, views);
  std::string renewed = readFile(folder / "new");
  ASSERT_EQ(renewed.size(), bytes.size());
  // With nothing or only equal bytes exchanged the file is still one of both.
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    std::string mixed = renewed.substr(0, cut) + bytes.substr(cut);
    if (mixed == bytes || mixed == renewed) {
      continue;
    }
    writeFile(folder / "f", mixed);
    expectFailure(ExitCheckpoint, "checksum does not agree",
                  [&] { readSafetensors(folder / "f"); });
  }
}

TEST_F(SafetensorsK9, EveryCutIsDetected) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    writeFile(folder / "f", bytes.substr(0, size));
    EXPECT_THROW(readSafetensors(folder / "f"), Failure) << size;
  }
}

TEST_F(SafetensorsK9, AFileWithoutChecksumIsNoCheckpoint) {
  writeFile(folder / "f", fileOf("{}"));
  expectFailure(ExitCheckpoint, "has no checksum",
                [&] { readSafetensors(folder / "f"); });
}

TEST(Safetensors, WhatIsNotAFileIsRefused) {
  TemporaryFolder folder;
  expectFailure(ExitInputOutput, "No such file",
                [&] { readSafetensors(folder / "absent"); });
  expectFailure(ExitInputOutput, "is a directory",
                [&] { readSafetensors(folder.path); });
  expectFailure(ExitInputOutput, "is a device",
                [&] { readSafetensors("/dev/zero"); });
}
