//===- PngFileTest.cpp - PNG pictures, rows D12-D14, and folders, D15 -----===//

#include "runtime/data/PngFile.h"

#include "tests/runtime/data/PngBytes.h"
#include "tests/runtime/data/RecordFiles.h"

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

class PngFile : public ::testing::Test {
protected:
  Column read(const std::string &bytes) {
    writeFile(folder / "x.png", bytes);
    return readPng(folder / "x.png", [](const Shape &) {});
  }
  std::vector<double> pixels(const std::string &bytes) {
    Column column = read(bytes);
    std::vector<double> all;
    for (int64_t i = 0; i < elementsOf(column.shape); ++i) {
      all.push_back(numberAt(column.bytes, column.stored, i));
    }
    return all;
  }
  void expectBroken(const std::string &bytes,
                    std::string_view part = "broken PNG picture") {
    expectFailure(ExitData, part, [&] { read(bytes); });
  }

  using Numbers = std::vector<double>;
  TemporaryFolder folder;
  const std::string grey = png(2, 2, 8, 0, {"\x01\x02", "\x03\x04"});
};

TEST_F(PngFile, D14EveryColourTypeAndDepthHasItsPixels) {
  EXPECT_EQ(read(grey).shape, (Shape{1, 2, 2}));
  EXPECT_EQ(pixels(grey), (Numbers{1, 2, 3, 4}));
  // 1, 2 and 4 bits become 8: 0 .. 255.
  EXPECT_EQ(pixels(png(3, 1, 1, 0, {"\xa0"})), (Numbers{255, 0, 255}));
  EXPECT_EQ(pixels(png(2, 1, 2, 0, {"\x60"})), (Numbers{85, 170}));
  EXPECT_EQ(pixels(png(2, 1, 4, 0, {"\x1f"})), (Numbers{17, 255}));
  // 16 bits stay, the high byte first in the file.
  EXPECT_EQ(pixels(png(2, 1, 16, 0, {"\x01\x02\xff\xfe"})),
            (Numbers{258, 65534}));
  // RGB: one plane after the other.
  std::string rgb = png(2, 1, 8, 2, {"\x01\x02\x03\x04\x05\x06"});
  EXPECT_EQ(read(rgb).shape, (Shape{3, 1, 2}));
  EXPECT_EQ(pixels(rgb), (Numbers{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(pixels(png(1, 1, 8, 6, {"\x01\x02\x03\x04"})),
            (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(pixels(png(1, 1, 8, 4, {"\x07\x09"})), (Numbers{7, 9}));
  EXPECT_EQ(pixels(png(1, 1, 16, 2, {{"\0\1\0\2\0\3", 6}})),
            (Numbers{1, 2, 3}));
  std::string palette =
      chunk("PLTE", std::string("\x0a\x0b\x0c\x14\x15\x16", 6));
  EXPECT_EQ(pixels(png(2, 1, 8, 3, {{"\1\0", 2}}, palette)),
            (Numbers{20, 10, 21, 11, 22, 12}));
  EXPECT_EQ(pixels(png(2, 1, 1, 3, {"\x40"}, palette)),
            (Numbers{10, 20, 11, 21, 12, 22}));
  EXPECT_EQ(pixels(png(2, 1, 8, 3, {{"\1\0", 2}},
                       palette + chunk("tRNS", {"\x80", 1}))),
            (Numbers{20, 10, 21, 11, 22, 12, 255, 128}));
  // A transparent colour is a channel of its own.
  EXPECT_EQ(pixels(png(2, 1, 8, 0, {"\1\2"}, chunk("tRNS", {"\0\2", 2}))),
            (Numbers{1, 2, 255, 0}));
}

TEST_F(PngFile, D14InterlacedRowsComeInOrder) {
  // 2 x 2 in Adam7: pass 1 has the pixel (0, 0), pass 6 has (1, 0), pass 7 the
  // second row.
  std::string data = unfiltered({"\x01", "\x02", "\x03\x04"});
  EXPECT_EQ(pixels(pngSignature + ihdr(2, 2, 8, 0, 1) +
                   chunk("IDAT", deflated(data)) + chunk("IEND", "")),
            (Numbers{1, 2, 3, 4}));
}

TEST_F(PngFile, D14WhatTheFormatForbids) {
  std::string two = chunk("PLTE", std::string(6, '\7'));
  expectBroken(png(2, 1, 8, 3, {"\1\2"}, two)); // index past the palette
  expectBroken(png(1, 1, 8, 3, {{"\0", 1}}));   // no palette
  expectBroken(png(1, 1, 3, 0, {"\1"}));        // 3 bits
  expectBroken(png(1, 1, 8, 5, {"\1"}));        // colour type 5
  expectBroken(pngSignature + chunk("IDAT", deflated("\0\1")) + grey.substr(8));
  auto withText = [](size_t size) {
    return png(1, 1, 8, 0, {"\1"}, chunk("tEXt", std::string(size, 'a')));
  };
  EXPECT_EQ(pixels(withText(1000)), Numbers{1}); // passed over
  expectBroken(withText(3 << 20), "tEXt: chunk data is too large");
}

TEST_F(PngFile, D12DamageIsFoundAndGoodStreamsAreRead) {
  auto broken = [&](size_t place) {
    std::string bytes = grey;
    bytes[place] ^= 1;
    return bytes;
  };
  // Every single bit, in every byte, is noticed or leaves the pixels alone.
  for (size_t place = 0; place < grey.size(); ++place) {
    try {
      EXPECT_EQ(pixels(broken(place)), (Numbers{1, 2, 3, 4})) << place;
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode, ExitData);
    }
  }
  expectBroken(broken(grey.size() - 16)); // CRC of IDAT
  std::string stream = deflated(unfiltered({"\1\2", "\3\4"}));
  std::string head = pngSignature + ihdr(2, 2, 8, 0), iend = chunk("IEND", "");
  std::string adler = stream;
  adler.back() ^= 1;
  expectBroken(head + chunk("IDAT", adler) + iend);
  expectBroken(head + chunk("IDAT", stream.substr(0, 5)) + iend);
  expectBroken(head +
               chunk("IDAT", deflated(unfiltered({"\1\2", "\3\4", "\5\6"}))) +
               iend);
  expectBroken(head + chunk("IDAT", stream)); // no IEND
  expectBroken(pngSignature + iend + grey.substr(8));
  for (size_t size = 0; size < grey.size(); size += 7) {
    expectFailure(ExitData, "", [&] { read(grey.substr(0, size)); });
  }
  std::string pieces;
  for (char c : stream) {
    pieces += chunk("IDAT", std::string(1, c)) + chunk("IDAT", "");
  }
  EXPECT_EQ(pixels(head + pieces + iend), (Numbers{1, 2, 3, 4}));
}

TEST_F(PngFile, D13ExtentsThatNoFileHolds) {
  auto bomb = [&](uint32_t width, uint32_t height, int depth) {
    return pngSignature + ihdr(width, height, depth, 0) +
           chunk("IDAT", deflated(std::string(8192, '\0'))) + chunk("IEND", "");
  };
  expectBroken(bomb(0, 4, 8));
  expectBroken(bomb(4, 0, 8));
  expectBroken(bomb(0x7fffffff, 1, 8));
  expectBroken(bomb(65535, 65535, 1), "cannot hold them");
  expectBroken(bomb(1 << 20, 1 << 20, 16), "cannot hold them");
}

TEST_F(PngFile, D12WhatIsNoPngIsNamed) {
  expectFailure(ExitData, "is no PNG picture: it begins with ff d8 ff",
                [&] { read("\xff\xd8\xff\xe0 a JPEG"); });
  expectFailure(ExitData, "is no PNG picture", [&] { read(""); });
}

/// A folder of pictures.
class PngFolder : public PngFile {
protected:
  void put(const std::string &name, const std::string &bytes) {
    std::filesystem::create_directories(
        (folder.path / "set" / name).parent_path());
    writeFile(folder.path / "set" / name, bytes);
  }
  plan::Dataset spec(std::vector<plan::Field> fields,
                     const std::string &name = "set") {
    return dataset("folder", (folder / name).string(), std::move(fields));
  }
  static std::string flat(uint8_t grey, uint32_t extent = 2) {
    return png(
        extent, extent, 8, 0,
        std::vector<std::string>(extent, std::string(extent, char(grey))));
  }
};

TEST_F(PngFolder, D15PicturesComeInByteOrderOfTheirNames) {
  put("b.png", flat(2));
  put("B.png", flat(1));
  put("b\nc\xff.png", flat(3));
  put(".hidden", "no picture");
  Dataset data = load(spec({picture({1, 2, 2})}));
  ASSERT_EQ(data.items(), 3);
  for (int i = 0; i < 3; ++i) {
    int expected[] = {1, 3, 2}; // B, b\n, b.
    EXPECT_EQ(numbersOf(data, i)[0], expected[i] / 255.0);
  }
}

TEST_F(PngFolder, D15TheFirstFileThatDoesNotFitIsNamed) {
  put("a.png", flat(1));
  put("b.png", flat(1, 3));
  expectFailure(ExitData,
                "b.png: its items have the shape [1, 3, 3], field `x` of the "
                "model takes [1, 2, 2]; `resize` makes",
                [&] {
                  load(spec({picture({1, 2, 2})}));
                });
  put("b.png", png(2, 2, 8, 2, {"123456", "123456"}));
  expectFailure(ExitData, "b.png: its items have the shape [3, 2, 2]", [&] {
    load(spec({picture({1, 2, 2})}));
  });
  put("b.png", png(2, 2, 16, 0, {"1234", "1234"}));
  expectFailure(ExitData, "b.png: has 16 bits a channel, but a.png has 8", [&] {
    load(spec({picture({1, 2, 2})}));
  });
  put("b.png", "just text");
  expectFailure(ExitData, "b.png: is no PNG picture", [&] {
    load(spec({picture({1, 2, 2})}));
  });
}

TEST_F(PngFolder, D15FoldersThatGiveNothing) {
  std::filesystem::create_directories(folder / "set");
  expectFailure(ExitData, "holds no pictures", [&] {
    load(spec({picture({1, 2, 2})}));
  });
  std::filesystem::create_directories(folder.path / "set" / "inner");
  expectFailure(ExitData, "inner: is a directory", [&] {
    load(spec({picture({1, 2, 2})}));
  });
  std::filesystem::remove(folder.path / "set" / "inner");
  std::filesystem::create_symlink("loop", folder.path / "set" / "loop");
  expectFailure(ExitInputOutput, "loop: cannot be opened", [&] {
    load(spec({picture({1, 2, 2})}));
  });
  expectFailure(ExitInputOutput, "the data of `d` are not there", [&] {
    load(spec({picture({1, 2, 2})}, "absent"));
  });
}

TEST_F(PngFolder, D15NoDescriptorIsLeft) {
  auto open = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         {});
  };
  put("a.png", flat(1));
  put("b.png", "just text");
  auto before = open();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(load(spec({picture({1, 2, 2})})), Failure);
  }
  EXPECT_EQ(open(), before);
}

TEST_F(PngFolder, ALabelIsThePlaceOfTheFolder) {
  put("cats/1.png", flat(10));
  put("dogs/1.png", flat(20));
  put("dogs/2.png", flat(30));
  Dataset data = load(spec({label("y", 2), picture({1, 2, 2})}));
  ASSERT_EQ(data.items(), 3);
  EXPECT_EQ(numbersOf(data, 0)[0], 0);
  EXPECT_EQ(numbersOf(data, 2)[0], 1);
  EXPECT_EQ(numbersOf(data, 2, 1)[0], 30 / 255.0);
  expectFailure(ExitData, "holds 2 folders of classes, the label `y` has 3",
                [&] {
                  load(spec({label("y", 3), picture({1, 2, 2})}));
                });
}

TEST_F(PngFolder, ClassesHaveTheNumbersOfThePartTrain) {
  const auto put = [&](const std::string &name, int grey) {
    const auto file = folder.path / name;
    std::filesystem::create_directories(file.parent_path());
    writeFile(file, flat(uint8_t(grey)));
  };
  for (const char *name : {"a", "b", "c"}) {
    put(fmt::format("train/{}/1.png", name), 1);
  }
  put("test/c/1.png", 3);
  put("test/b/1.png", 2);
  plan::Dataset spec = this->spec({picture({1, 2, 2}), label("y", 3)}, "train");
  Dataset test = load(spec, "test");
  ASSERT_EQ(test.items(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(numbersOf(test, i, 0)[0], (i + 2) / 255.0);
    EXPECT_EQ(numbersOf(test, i, 1)[0], i + 1);
  }
  EXPECT_EQ(loadClassNames(spec, std::nullopt),
            (std::vector<std::string>{"a", "b", "c"}));
  // A rest reads the labels of its whole, with --data too.
  plan::Dataset rest = spec;
  rest.of = "d";
  rest.record = rest.fields;
  rest.fields.pop_back();
  EXPECT_EQ(loadClassNames(rest, folder / "train").size(), 3u);
  put("test/d/1.png", 4);
  expectFailure(ExitData, "test/d: is a class that the data for training lack",
                [&] { load(spec, "test"); });
  EXPECT_EQ(load(spec).items(), 3);
  // Cut off, or without `test` for another place: the numbers of the whole.
  spec.testShare = 0.34;
  EXPECT_EQ(numbersOf(load(spec, "test"), 0, 1).size(), 1u);
}

TEST_F(PngFolder, FilesBesideTheFoldersOfClasses) {
  put("cats/1.png", flat(10));
  put("dogs/1.png", flat(20));
  put("README.txt", "of no class");
  put("labels.csv", "0,1");
  const plan::Dataset two = spec({picture({1, 2, 2}), label("y", 2)});
  EXPECT_EQ(load(two).items(), 2);
  expectFailure(ExitData, "holds 2 folders of classes, the label `y` has 4",
                [&] {
                  load(spec({picture({1, 2, 2}), label("y", 4)}));
                });
  put("3.png", flat(30));
  expectFailure(ExitData, "3.png: stands beside the folders of classes",
                [&] { load(two); });
  std::filesystem::remove(folder.path / "set" / "3.png");
  std::filesystem::create_symlink("nowhere", folder.path / "set" / "owls");
  expectFailure(ExitInputOutput, "owls: cannot be read", [&] { load(two); });
}

TEST_F(PngFolder, ThePartTestStandsBesideThePartTrain) {
  for (const char *name : {"trainA", "testA"}) {
    std::filesystem::create_directories(folder / name);
    writeFile(folder.path / name / "x.png", flat(name[1] == 'r' ? 1 : 2));
  }
  EXPECT_EQ(numbersOf(load(spec({picture({1, 2, 2})}, "trainA"), "test"), 0)[0],
            2 / 255.0);
  put("a.png", flat(1));
  expectFailure(ExitData, "has no part `test`", [&] {
    load(spec({picture({1, 2, 2})}), "test");
  });
}
