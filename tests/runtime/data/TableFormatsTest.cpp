//===- TableFormatsTest.cpp - csv, text and cifar10 -----------------------===//

#include "tests/runtime/data/RecordFiles.h"

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

class TableFormats : public ::testing::Test {
protected:
  plan::Dataset csv(const std::string &text, std::vector<plan::Field> fields) {
    writeFile(folder / "train.csv", text);
    return dataset("csv", (folder / "train.csv").string(), std::move(fields));
  }
  /// A model with one code row of `length`, below `classes`, and its mask.
  plan::Dataset text(const std::string &bytes, int64_t length,
                     int64_t classes) {
    writeFile(folder / "names.txt", bytes);
    plan::Field codes = numbers("s", {length}), mask = numbers("m", {length});
    codes.classes = classes;
    mask.mask = true;
    return dataset("text", (folder / "names.txt").string(), {codes, mask});
  }

  using Numbers = std::vector<double>;
  TemporaryFolder folder;
};

TEST_F(TableFormats, CsvColumnsFillTheFieldsFromTheLeft) {
  plan::Dataset spec = csv("a,b,kind\r\n 1 , -2.5e-1,0\r\n\n+3,4,2",
                           {numbers("u", {2}), label("y", 3)});
  Dataset data = load(spec);
  ASSERT_EQ(data.items(), 2);
  EXPECT_EQ(numbersOf(data, 0), (Numbers{1, -0.25}));
  EXPECT_EQ(numbersOf(data, 1), (Numbers{3, 4}));
  EXPECT_EQ(numbersOf(data, 1, 1), Numbers{2});
  writeFile(folder / "test.csv", "7,8,1\n");
  EXPECT_EQ(numbersOf(load(spec, "test"), 0), (Numbers{7, 8}));
}

TEST_F(TableFormats, CsvNamesTheLineThatIsWrong) {
  auto expectRefused = [&](const std::string &text, std::string_view part) {
    plan::Dataset spec = csv(text, {numbers("u", {2})});
    expectFailure(ExitData, part, [&] { load(spec); });
  };
  expectRefused("1,2\n3\n", "train.csv:2: has 1 columns, the fields of the "
                            "model take 2");
  expectRefused("1,2\n3,x\n", "train.csv:2: `x` in column 2 is no number");
  expectRefused("1,2\n3,\n", "train.csv:2: `` in column 2 is no number");
  expectRefused("a,b\n", "has no records");
  expectRefused("", "has no records");
  for (const char *bad : {"nan", "inf", "-inf", "NaN", "1e999", "-1e400"}) {
    const std::string said =
        fmt::format("train.csv:2: `{}` in column 2 is not finite", bad);
    expectRefused(fmt::format("1,2\n3,{}\n", bad), said);
  }
  expectRefused(std::string((1 << 20) + 100, '1'), "train.csv:1: a line of");
}

TEST_F(TableFormats, CsvHasAHeaderWhereNoCellOfTheFirstLineIsANumber) {
  struct Case {
    const char *line;
    bool isHeader;
  };
  const std::string marked = "\xef\xbb\xbf";
  for (const Case &one : std::initializer_list<Case>{{"a,b,c", true},
                                                     {"NA,NA,NA", true},
                                                     {"\"1\",\"2\",x", true},
                                                     {",,", true},
                                                     {"1kg,2kg,3kg", true},
                                                     {"0x1,1_0,--1", true},
                                                     {"NA,2,3", false},
                                                     {",2,3", false},
                                                     {"?,2,3", false},
                                                     {"1kg,2,3", false},
                                                     {"\"1\",2,3", false},
                                                     {"1_0,2,3", false},
                                                     {"0x1,2,3", false},
                                                     {"1e400,b,c", false},
                                                     {"nan,NA,NA", false},
                                                     {"cat,2,3", false},
                                                     {"+-1,2,3", false}}) {
    for (const std::string &mark : {std::string(), marked}) {
      // Each file has its own first line.
      plan::Dataset spec =
          csv(mark + one.line + "\n4,5,6\n7,8,9\n", {numbers("u", {3})});
      writeFile(folder / "test.csv", mark + "1,2,3\r\n");
      EXPECT_EQ(numbersOf(load(spec, "test"), 0), (Numbers{1, 2, 3}));
      if (one.isHeader) {
        Dataset data = load(spec);
        EXPECT_EQ(data.items(), 2) << one.line;
        EXPECT_EQ(numbersOf(data, 0), (Numbers{4, 5, 6}));
      } else {
        expectFailure(
            ExitData, "train.csv:1: `", [&] { load(spec); }, one.line);
      }
    }
  }
  const std::string nul = std::string("\0", 1) + ",2,3\n4,5,6\n";
  expectFailure(ExitData, "train.csv:1: `\\x00` in column 1 is no number",
                [&] { load(csv(nul, {numbers("u", {3})})); });
  // The first line that is not empty; and numbers below f64's smallest.
  Dataset data = load(csv("\n\na,b,c\n1e-400,-.5,+3\n", {numbers("u", {3})}));
  EXPECT_EQ(numbersOf(data, 0), (Numbers{0, -0.5, 3}));
}

TEST_F(TableFormats, AHeaderThatNamesTheFieldsInAnotherOrderIsRefused) {
  const std::vector<plan::Field> fields = {numbers("x", {3}), label("y", 10)};
  for (const char *head : {"y,x0,x1,x2", "y,x,x,x", "\"y\",x_0,x_1,x_2",
                           "id,y,x[0],x[1]", "label,x0,x1,x2"}) {
    expectFailure(
        ExitData,
        "of the header is a name of field `x`, which takes columns 1 "
        "to 3",
        [&] { load(csv(head + std::string("\n1,2,3,4\n"), fields)); }, head);
  }
  for (const char *head : {"x0,x1,x2,y", "a,b,c,d", "y,a,b,c", "x,y,z,kind",
                           "label,x,x1,x2", "width,x,height,y"}) {
    Dataset data = load(csv(head + std::string("\n1,2,3,4\n"), fields));
    EXPECT_EQ(numbersOf(data, 0, 1), Numbers{4}) << head;
  }
}

TEST_F(TableFormats, ACropOfATableIsCutOutOfALargerImage) {
  plan::Field image = picture({1, 2, 2});
  image.cropFrom = 4;
  Dataset data = load(csv("8,8,8,8\n", {image}));
  EXPECT_EQ(numbersOf(data, 0), (Numbers{8, 8, 8, 8}));
  image.high = 255;
  // Rows 0 and 8 twice as high: a half, a quarter above and below the middle.
  EXPECT_EQ(numbersOf(load(csv("0,0,8,8\n", {image})), 0),
            (Numbers{2, 2, 6, 6}));
}

TEST_F(TableFormats, TextLinesBecomeCodesAndAMask) {
  Dataset data = load(text("ba\n\nb\xc3\xa4\n", 5, 6));
  ASSERT_EQ(data.items(), 2);
  // a, b, and a with two dots are 3, 4, 5.
  EXPECT_EQ(numbersOf(data, 0), (Numbers{1, 4, 3, 2, 0}));
  EXPECT_EQ(numbersOf(data, 0, 1), (Numbers{1, 1, 1, 1, 0}));
  EXPECT_EQ(numbersOf(data, 1), (Numbers{1, 4, 5, 2, 0}));
  // A byte order mark is no character; elsewhere U+FEFF is one.
  data = load(text("\xef\xbb\xbf"
                   "ab\n\xef\xbb\xbf"
                   "b\n",
                   4, 6));
  EXPECT_EQ(numbersOf(data, 0), (Numbers{1, 3, 4, 2}));
  EXPECT_EQ(numbersOf(data, 1), (Numbers{1, 5, 4, 2}));
}

TEST_F(TableFormats, TextThatDoesNotFit) {
  expectFailure(ExitData,
                "names.txt:2: has 3 characters, with begin and end 5; `s` of "
                "the model has room for 4",
                [&] { load(text("ab\nabc\n", 4, 9)); });
  expectFailure(ExitData,
                "has 3 different characters, with padding, begin and end 6 "
                "codes; the model declares `s` in 0..<5",
                [&] { load(text("ab\nc\n", 4, 5)); });
  expectFailure(ExitData, "has no lines", [&] { load(text("\n\n", 4, 5)); });
  for (const char *bad : {"a\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82"}) {
    expectFailure(ExitData, "is not UTF-8", [&] { load(text(bad, 9, 9)); });
  }
}

TEST_F(TableFormats, ATestPartHasTheCodesOfTheTrainingPart) {
  writeFile(folder / "train.txt",
            "zb\n\xc3\xa4\xe2\x82\xac\n\xf0\x9f\x98\x80\n");
  writeFile(folder / "test.txt", "z\n");
  plan::Field codes = numbers("s", {4});
  codes.classes = 9;
  plan::Dataset spec =
      dataset("text", (folder / "train.txt").string(), {codes});
  EXPECT_EQ(numbersOf(load(spec, "test"), 0), (Numbers{1, 4, 2, 0}));
  EXPECT_EQ(loadCharacters(spec, std::nullopt),
            (std::vector<std::string>{"b", "z", "\xc3\xa4", "\xe2\x82\xac",
                                      "\xf0\x9f\x98\x80"}));
  writeFile(folder / "test.txt", "z\nba\n");
  expectFailure(ExitData,
                "test.txt:2: character 2 is `a`, which the data for training "
                "lack",
                [&] { load(spec, "test"); });
}

TEST_F(TableFormats, CifarRecordsAreALabelAndThreePlanes) {
  auto record = [](char label, char red, char green, char blue) {
    return std::string(1, label) + std::string(1024, red) +
           std::string(1024, green) + std::string(1024, blue);
  };
  for (int i = 1; i <= 5; ++i) {
    writeFile(folder / fmt::format("data_batch_{}.bin", i),
              record(char(i), 1, 2, char(i)));
  }
  writeFile(folder / "test_batch.bin", record(9, 0, 0, 0) + record(0, 5, 6, 7));
  plan::Dataset spec = dataset("cifar10", folder.path.string(),
                               {picture({3, 32, 32}), label("y", 10)});
  Dataset train = load(spec);
  ASSERT_EQ(train.items(), 5);
  EXPECT_EQ(numbersOf(train, 4)[2048], 5 / 255.0);
  EXPECT_EQ(numbersOf(train, 4, 1), Numbers{5});
  Dataset test = load(spec, "test");
  ASSERT_EQ(test.items(), 2);
  EXPECT_EQ(numbersOf(test, 1)[1024], 6 / 255.0);

  writeFile(folder / "data_batch_2.bin", record(1, 2, 3, 4).substr(1));
  expectFailure(ExitData,
                "data_batch_2.bin: has 3072 bytes, expected a "
                "multiple of 3073",
                [&] { load(spec); });
  writeFile(folder / "data_batch_2.bin", record(10, 2, 3, 4));
  expectFailure(ExitData, "item 1 has label 10 in `y`", [&] { load(spec); });
  std::filesystem::remove(folder / "data_batch_2.bin");
  expectFailure(ExitInputOutput, "data_batch_2.bin: cannot be opened",
                [&] { load(spec); });
}
