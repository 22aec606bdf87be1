//===- FieldCheckTest.cpp - declarations against what files hold ----------===//
//
// Each declaration and transform on numbers of each stored type.
//
//===----------------------------------------------------------------------===//
#include "tests/runtime/data/RecordFiles.h"

#include <algorithm>
#include <limits>

using namespace gmc;
using namespace gmc::runtime;
using namespace gmc::runtime::test;

using Numbers = std::vector<double>;

/// `values` stored as `stored`.
static DatasetField field(plan::Field spec, Stored stored,
                          const Numbers &values) {
  DatasetField result{std::move(spec), {}, stored};
  for (double value : values) {
    switch (stored) {
    case Stored::Byte:
      result.bytes.push_back(uint8_t(value));
      break;
    case Stored::Word:
      appendNumber(result.bytes, uint16_t(value));
      break;
    case Stored::Single:
      appendNumber(result.bytes, float(value));
      break;
    case Stored::Double:
      appendNumber(result.bytes, value);
      break;
    }
  }
  return result;
}

static Dataset dataOf(const plan::Field &spec, Stored stored,
                      const Numbers &values,
                      ScalarType type = ScalarType::F32) {
  return Dataset("d", "train", {field(spec, stored, values)}, type);
}

/// A field of three numbers with values of [low, high], or of the two.
static plan::Field inRange(double low, double high, bool binary = false) {
  plan::Field spec = numbers("x", {3});
  spec.low = low;
  spec.high = high;
  spec.bounded = true;
  spec.binary = binary;
  return spec;
}

static plan::Field mask() {
  plan::Field spec = numbers("m", {3});
  spec.mask = true;
  return spec;
}

TEST(FieldCheck, FloatingPointNumbersAreBinarisedAsTheirGreyLevelsAre) {
  plan::Field spec = numbers("x", {1 << 12});
  spec.binarize = true;
  for (double grey : {0.0, 17.0, 51.0, 128.0, 204.0, 254.0, 255.0}) {
    auto drawn = [&](Stored stored, double value) {
      Dataset data = dataOf(spec, stored, Numbers(1 << 12, value));
      return numbersOf(data, 0, 0, 3, true, 7);
    };
    const Numbers bytes = drawn(Stored::Byte, grey);
    EXPECT_EQ(bytes, drawn(Stored::Double, grey / 255)) << grey;
    EXPECT_EQ(bytes, drawn(Stored::Word, grey * 257)) << grey;
    // f4 is off by 2^-25 at most: no draw of these lies so near.
    EXPECT_EQ(bytes, drawn(Stored::Single, grey / 255)) << grey;
    const double ones = std::count(bytes.begin(), bytes.end(), 1);
    const double p = grey / 255, deviation = std::sqrt(p * (1 - p) * (1 << 12));
    EXPECT_EQ(ones + std::count(bytes.begin(), bytes.end(), 0), 1 << 12);
    EXPECT_NEAR(ones, p * (1 << 12), 5 * deviation);
  }
  // Anew in every epoch.
  Dataset data = dataOf(spec, Stored::Single, Numbers(1 << 12, 0.5));
  EXPECT_NE(numbersOf(data, 0, 0, 0), numbersOf(data, 0, 0, 1));
}

TEST(FieldCheck, BinarizeTakesProbabilities) {
  plan::Field spec = inRange(0, 1);
  spec.binarize = true;
  for (bool bounded : {true, false}) {
    spec.bounded = bounded;
    for (Stored stored : {Stored::Single, Stored::Double}) {
      expectFailure(ExitData,
                    "d.train: item 1 has 1.5 at place 2 of `x`, which the "
                    "model declares in [0, 1]: `binarize` takes it",
                    [&] {
                      dataOf(spec, stored, {0, 1, 0.5, 0, 0, 1.5});
                    });
      expectFailure(ExitData, "item 0 has -0.25 at place 1 of `x`", [&] {
        dataOf(spec, stored, {0, -0.25, 0});
      });
    }
  }
}

TEST(FieldCheck, DequantizeWantsGreyLevels) {
  plan::Field spec = inRange(0, 1);
  spec.dequantize = true;
  for (Stored stored : {Stored::Single, Stored::Double}) {
    expectFailure(ExitData,
                  "d.train: `x` holds floating-point numbers; `dequantize` "
                  "fills grey levels of 8 or 16 bits",
                  [&] {
                    dataOf(spec, stored, {0, 1, 0});
                  });
  }
  // Noise of one level of their own.
  for (Stored stored : {Stored::Byte, Stored::Word}) {
    Dataset data = dataOf(spec, stored, {7, 8, 9});
    const double levels = stored == Stored::Byte ? 256 : 65536;
    EXPECT_EQ(data.greyLevels(0), int64_t(levels));
    const Numbers seen = numbersOf(data, 0);
    for (int i = 0; i < 3; ++i) {
      EXPECT_GE(seen[i] * levels, 7 + i);
      EXPECT_LT(seen[i] * levels, 8 + i);
    }
  }
  EXPECT_EQ(dataOf(inRange(0, 1), Stored::Single, {0, 1, 0}).greyLevels(0), 0);
}

TEST(FieldCheck, TwoValuesAreThoseThatAreDeclared) {
  struct Case {
    plan::Field spec;
    Stored stored;
    Numbers values, seen;
  };
  const Case taken[] = {
      {inRange(0, 1, true), Stored::Single, {0, 1, 1}, {0, 1, 1}},
      {inRange(0, 1, true), Stored::Double, {1, 0, 0}, {1, 0, 0}},
      {inRange(0, 1, true), Stored::Byte, {0, 1, 1}, {0, 1, 1}},
      {inRange(0, 1, true), Stored::Byte, {255, 0, 255}, {1, 0, 1}},
      {inRange(0, 1, true), Stored::Byte, {0, 0, 0}, {0, 0, 0}},
      {inRange(0, 1, true), Stored::Word, {0, 1, 1}, {0, 1, 1}},
      {inRange(0, 1, true), Stored::Word, {65535, 0, 0}, {1, 0, 0}},
      {inRange(-1, 1, true), Stored::Double, {-1, 1, 1}, {-1, 1, 1}},
      {inRange(-1, 1, true), Stored::Byte, {0, 255, 0}, {-1, 1, -1}},
      {inRange(0.1, 0.9, true),
       Stored::Single,
       {0.1, 0.9, 0.1},
       {0.1f, 0.9f, 0.1f}},
      {mask(), Stored::Single, {0, 1, 1}, {0, 1, 1}},
      {mask(), Stored::Byte, {0, 1, 1}, {0, 1, 1}},
      {mask(), Stored::Byte, {0, 255, 0}, {0, 1, 0}},
  };
  for (const Case &one : taken) {
    EXPECT_EQ(numbersOf(dataOf(one.spec, one.stored, one.values), 0), one.seen);
  }
  const Case refused[] = {
      {inRange(0, 1, true), Stored::Single, {0, 1, 0.5}, {}},
      {inRange(0, 1, true), Stored::Double, {0, 1, 1 - 1e-9}, {}},
      {inRange(0, 1, true), Stored::Double, {0, 1, -1}, {}},
      {inRange(0, 1, true), Stored::Double, {0, 1, std::nan("")}, {}},
      {inRange(0, 1, true), Stored::Byte, {0, 255, 37}, {}},
      {inRange(0, 1, true), Stored::Byte, {0, 255, 1}, {}},
      {inRange(0, 1, true), Stored::Word, {0, 1, 255}, {}},
      {inRange(-1, 1, true), Stored::Double, {-1, 1, 0}, {}},
      {inRange(-1, 1, true), Stored::Byte, {0, 0, 1}, {}},
      {mask(), Stored::Double, {0, 1, 2}, {}},
      {mask(), Stored::Byte, {0, 255, 128}, {}},
  };
  for (const Case &one : refused) {
    expectFailure(ExitData, "d.train: item 1 has ", [&] {
      Numbers values = one.values;
      const Numbers good{values[0], values[0], values[0]};
      values.insert(values.begin(), good.begin(), good.end());
      dataOf(one.spec, one.stored, values);
    });
  }
  expectFailure(ExitData,
                "item 0 has 0.5 at place 1 of `x`, which the model declares in "
                "{0,1}; `binarize(each epoch)` draws",
                [&] {
                  dataOf(inRange(0, 1, true), Stored::Single, {0, 0.5, 0});
                });
  expectFailure(ExitData,
                "item 0 has 37 at place 1 of `x`, which the model declares in "
                "{0,1}: grey levels are 0 and 255, or 0 and 1; `binarize",
                [&] {
                  dataOf(inRange(0, 1, true), Stored::Byte, {0, 37, 0});
                });
  expectFailure(ExitData, "has 2 at place 0 of `m`, which is a mask of 0 and 1",
                [&] {
                  dataOf(mask(), Stored::Double, {2, 0, 0});
                });
}

TEST(FieldCheck, EndsOfARangeAreThoseOfTheStoredType) {
  // 0.1 in f4 is above 0.1 in f8.
  EXPECT_EQ(dataOf(inRange(-0.1, 0.1), Stored::Single, {-0.1, 0, 0.1}).items(),
            1);
  expectFailure(
      ExitData, "at place 2 of `x`, which the model declares in", [&] {
        dataOf(inRange(-0.1, 0.1), Stored::Double, {-0.1, 0, double(0.1f)});
      });
}

TEST(FieldCheck, NumbersAreFiniteInTheTypeOfTheModel) {
  const plan::Field spec = numbers("x", {3});
  for (double large : {1e300, -1e39, 3.4028236e38, 1.7976931348623157e308}) {
    expectFailure(ExitData,
                  "1 of the 6 numbers of `x` are not finite in f32; the first "
                  "one, ",
                  [&] {
                    dataOf(spec, Stored::Double, {0, 1, 2, 3, large, 5});
                  });
    Dataset data =
        dataOf(spec, Stored::Double, {0, 1, 2, 3, large, 5}, ScalarType::F64);
    EXPECT_EQ(numbersOf(data, 1)[1], large);
  }
  // The largest f32, as it is printed in short, is half a step below infinity.
  EXPECT_EQ(dataOf(spec, Stored::Double, {0, -3.4028235e38, 0}).items(), 1);
  for (ScalarType type : {ScalarType::F32, ScalarType::F64}) {
    expectFailure(ExitData,
                  "1 of the 3 numbers of `x` are not finite; the first one, "
                  "inf, stands in item 0, place 1",
                  [&] {
                    dataOf(spec, Stored::Single,
                           {0, std::numeric_limits<double>::infinity(), 0},
                           type);
                  });
  }
  plan::Field divided = spec;
  divided.mean = {0};
  divided.deviation = {1e-3};
  expectFailure(ExitData, "are not finite in f32, normalized; the first one",
                [&] {
                  dataOf(divided, Stored::Single, {0, 1e36, 0});
                });
  expectFailure(ExitData, "which reaches beyond the largest f32", [&] {
    dataOf(inRange(0, 1e39), Stored::Byte, {0, 1, 2});
  });
}

TEST(FieldCheck, LabelsAreWholeNumbersThatTheModelHolds) {
  auto labels = [](const Numbers &values, int64_t classes = 4) {
    return dataOf(label("y", classes), Stored::Double, values);
  };
  EXPECT_EQ(labels({0, 3, 1}).items(), 3);
  for (double bad : {-1.0, 4.0, 1.5, 1e300, std::nan(""),
                     std::numeric_limits<double>::infinity()}) {
    expectFailure(ExitData, "item 1 has label ", [&] { labels({0, bad}); });
  }
  expectFailure(ExitData, "label 16777217 in `y`, which f32 does not hold",
                [&] {
                  labels({0, 16777217}, 20000000);
                });
}

/// What a filter, a subset or a split leaves out is looked at as well.
TEST(FieldCheck, RecordsThatAreLeftOutAreChecked) {
  TemporaryFolder folder;
  writeFile(folder / "train.csv", "1,0\n2,1.5\n3,1\n4,0\n");
  plan::Dataset spec = dataset("csv", (folder / "train.csv").string(),
                               {numbers("x", {}), label("y", 2)});
  plan::Dataset filtered = spec, reduced = spec, cut = spec;
  filtered.filter = "y";
  filtered.leftOut = {1};
  reduced.subset = 1;
  cut.testShare = 0.25;
  for (const plan::Dataset &one : {spec, filtered, reduced, cut}) {
    expectFailure(ExitData, ": item 1 has label 1.5 in `y`",
                  [&] { load(one); });
  }
  // Two columns of different length are no records, cut or not.
  auto npy = [&](const char *name, int count) {
    std::string header =
        fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': ({},)}}"
                    "\n",
                    count);
    writeFile(folder / name, std::string("\x93NUMPY\x01\0", 8) +
                                 char(header.size()) + '\0' + header +
                                 std::string(count, '\1'));
  };
  npy("x.npy", 8);
  npy("y.npy", 6);
  cut.format = "npy";
  cut.source = folder.path.string();
  expectFailure(ExitData, "has 8 items of `x` but 6 of `y`",
                [&] { load(cut); });
}
