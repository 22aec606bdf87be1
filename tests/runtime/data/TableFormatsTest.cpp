//===- TableFormatsTest.cpp - csv, text and cifar10 -----------------------===//

#include "tests/runtime/data/RecordFiles.h"

using namespace gmc::runtime;
using namespace gmc::runtime::test;

class TableFormats : public ::testing::Test {
protected:
  DatasetSpec csv(const std::string &text, std::vector<FieldSpec> fields) {
    writeFile(folder / "train.csv", text);
    return dataset("csv", (folder / "train.csv").string(), std::move(fields));
  }
  /// A model with one code row of `length`, below `classes`, and its mask.
  DatasetSpec text(const std::string &bytes, int64_t length, int64_t classes) {
    writeFile(folder / "names.txt", bytes);
    FieldSpec codes = numbers("s", {length}), mask = numbers("m", {length});
    codes.classes = classes;
    mask.mask = true;
    return dataset("text", (folder / "names.txt").string(), {codes, mask});
  }

  using Numbers = std::vector<double>;
  TemporaryFolder folder;
};

TEST_F(TableFormats, CsvColumnsFillTheFieldsFromTheLeft) {
  DatasetSpec spec = csv("a,b,kind\r\n 1 , -2.5e-1,0\r\n\n+3,4,2",
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
    DatasetSpec spec = csv(text, {numbers("u", {2})});
    expectFailure(ExitData, part, [&] { load(spec); });
  };
  expectRefused("1,2\n3\n", "train.csv:2: has 1 columns, the fields of the "
                            "model take 2");
  expectRefused("1,2\n3,x\n", "train.csv:2: `x` in column 2 is no number");
  expectRefused("1,2\n3,\n", "train.csv:2: `` in column 2 is no number");
  expectRefused("a,b\n", "has no records");
  expectRefused("", "has no records");
  expectRefused("1,2\n3,nan\n", "1 of the 4 numbers of `u` are not finite");
  expectRefused("1,2\n3,1e999\n", "`1e999` in column 2 is no number");
  expectRefused(std::string((1 << 20) + 100, '1'), "train.csv:1: a line of");
}

TEST_F(TableFormats, TextLinesBecomeCodesAndAMask) {
  Dataset data = load(text("ba\n\nb\xc3\xa4\n", 5, 6));
  ASSERT_EQ(data.items(), 2);
  // a, b, and a with two dots are 3, 4, 5.
  EXPECT_EQ(numbersOf(data, 0), (Numbers{1, 4, 3, 2, 0}));
  EXPECT_EQ(numbersOf(data, 0, 1), (Numbers{1, 1, 1, 1, 0}));
  EXPECT_EQ(numbersOf(data, 1), (Numbers{1, 4, 5, 2, 0}));
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
  FieldSpec codes = numbers("s", {4});
  codes.classes = 9;
  DatasetSpec spec = dataset("text", (folder / "train.txt").string(), {codes});
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
  DatasetSpec spec = dataset("cifar10", folder.path.string(),
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
