//===- ScheduleTest.cpp - schedules against the reference -----------------===//
//
// Kernels of every form, over shapes and layouts drawn at random from a fixed
// seed, through both pipelines.
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/Codegen/CPU/KernelCase.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace gmc::testing {
namespace {

std::mt19937_64 generator(11);

int64_t pick(std::initializer_list<int64_t> values) {
  return values.begin()[generator() % values.size()];
}

int64_t extent() {
  return pick({1, 2, 3, 5, 7, 8, 13, 16, 17, 20, 31, 32, 33, 47, 64, 79, 100,
               128, 130});
}

std::string generic(const std::vector<std::string> &maps, int loops,
                    const std::string &kinds, const std::string &ins,
                    const std::string &outs, const std::string &body) {
  std::string text = "linalg.generic {indexing_maps = [";
  for (size_t i = 0; i < maps.size(); ++i) {
    text += (i ? ", " : "") + map(maps[i], loops);
  }
  text += "], iterator_types = [";
  for (size_t i = 0; i < kinds.size(); ++i) {
    text += fmt::format("{}\"{}\"", i ? ", " : "",
                        kinds[i] == 'p' ? "parallel" : "reduction");
  }
  return text +
         fmt::format("]}} ins({}) outs({}) {{\n{}\n}}\n", ins, outs, body);
}

/// ^bb0(%x0, %x1, ..) with every argument of the kernel's type.
std::string block(int arguments, const std::string &body) {
  std::string text = "^bb0(";
  for (int i = 0; i < arguments; ++i) {
    text += fmt::format("{}%x{}: @", i ? ", " : "", i);
  }
  return text + "):\n" + body;
}

const char *const types[] = {"f32", "f64"};

TEST(Elementwise, SameShapes) {
  for (int round = 0; round < 12; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t m = extent(), n = round == 0 ? 20011 : extent();
    kernel.arguments = {{{m, n}}, {{m, n}}, {{m, n}}, {{m, n}}};
    kernel.inputs = 2;
    kernel.body = generic({"ab", "ab", "ab", "ab"}, 2, "pp",
                          "%a0, %a1 : $0, $1", "%a2, %a3 : $2, $3", block(4, R"(
  %zero = arith.constant 0.0 : @
  %0 = arith.mulf %x0, %x1 : @
  %1 = arith.cmpf ogt, %0, %zero : @
  %2 = arith.select %1, %0, %zero : @
  %3 = arith.subf %2, %x3 : @
  linalg.yield %2, %3 : @, @)"));
    expectAgreement(kernel);
  }
}

TEST(Elementwise, BroadcastsAndIndices) {
  for (int round = 0; round < 12; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t l = pick({1, 2, 5}), m = extent(), n = extent();
    kernel.arguments = {{{l, m, n}}, {{n}}, {{m}}, {{1}}, {{l, n, m}}};
    kernel.inputs = 4;
    kernel.body =
        "%c = arith.constant 0.25 : @\n" +
        generic({"abc", "c", "b", "", "acb"}, 3, "ppp",
                "%a0, %a1, %a2, %one : $0, $1, $2, memref<@, strided<[]>>",
                "%a4 : $4", block(5, R"(
  %i = linalg.index 1 : index
  %j = linalg.index 2 : index
  %jj = arith.index_cast %j : index to i32
  %ii = arith.index_cast %i : index to i32
  %k = arith.addi %ii, %jj : i32
  %low, %high = arith.mului_extended %k, %k : i32
  %s = arith.shrui %low, %ii : i32
  %u = arith.xori %low, %jj : i32
  %f = arith.uitofp %u : i32 to @
  %0 = arith.addf %x0, %x1 : @
  %1 = arith.mulf %0, %x2 : @
  %t = arith.mulf %x3, %c : @
  %2 = arith.addf %1, %t : @
  %3 = arith.addf %2, %f : @
  linalg.yield %3 : @)"));
    kernel.body = "%one = memref.subview %a3[0] [1] [1] : $3 to "
                  "memref<@, strided<[]>>\n" +
                  kernel.body;
    expectAgreement(kernel);
  }
}

/// One function of a vector of inputs, chosen by the caller; the reference
/// calls libm.
KernelCase functionCase(const std::string &type, const std::string &function,
                        double low, double high) {
  KernelCase kernel;
  kernel.type = type;
  kernel.arguments = {{{1003}}, {{1003}}};
  kernel.inputs = 1;
  kernel.low = low;
  kernel.high = high;
  kernel.body = generic(
      {"a", "a"}, 1, "p", "%a0 : $0", "%a1 : $1",
      block(2, "%0 = math." + function + " %x0 : @\nlinalg.yield %0 : @"));
  return kernel;
}

TEST(Functions, AgreeWithLibm) {
  struct Range {
    const char *function;
    double low, high;
  };
  for (const Range &range : std::initializer_list<Range>{
           {"exp", -5, 5},     {"exp", -80, -70},      {"exp", 80, 88.7},
           {"log", 1e-3, 10},  {"log", 1e20, 1e30},    {"log", 0.9, 1.1},
           {"log1p", 0, 1},    {"log1p", -0.99, 100},  {"log1p", 0, 1e-6},
           {"tanh", -1, 1},    {"tanh", -12, 12},      {"sin", -7, 7},
           {"cos", -7, 7},     {"sin", -2000, 2000},   {"erf", -4, 4},
           {"expm1", -2, 2},   {"expm1", -1e-4, 1e-4}, {"atan", -9, 9},
           {"rsqrt", 0.1, 10}, {"sqrt", 0, 10},        {"floor", -9, 9},
           {"absf", -9, 9}}) {
    SCOPED_TRACE(range.function);
    for (const char *type : types) {
      expectAgreement(
          functionCase(type, range.function, range.low, range.high));
    }
  }
}

/// Edges: as libm has them, NaN for NaN.
TEST(Functions, AtTheEdges) {
  for (const char *function :
       {"exp", "log", "log1p", "tanh", "sin", "cos", "erf", "expm1"}) {
    SCOPED_TRACE(function);
    KernelCase kernel = functionCase("f32", function, 0, 1);
    kernel.body = "%inf = arith.constant 0x7F800000 : f32\n"
                  "%ninf = arith.constant 0xFF800000 : f32\n"
                  "%nan = arith.constant 0x7FC00000 : f32\n"
                  "%none = arith.constant -1.0 : f32\n"
                  "%zero = arith.constant 0.0 : f32\n"
                  "%big = arith.constant 89.5 : f32\n"
                  "%small = arith.constant -110.0 : f32\n" +
                  generic({"a", "a"}, 1, "p", "%a0 : $0", "%a1 : $1",
                          block(2, fmt::format(R"(
  %i = linalg.index 0 : index
  %j = arith.index_cast %i : index to i32
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %c5 = arith.constant 5 : i32
  %c6 = arith.constant 6 : i32
  %b0 = arith.cmpi eq, %j, %c0 : i32
  %b1 = arith.cmpi eq, %j, %c1 : i32
  %b2 = arith.cmpi eq, %j, %c2 : i32
  %b3 = arith.cmpi eq, %j, %c3 : i32
  %b4 = arith.cmpi eq, %j, %c4 : i32
  %b5 = arith.cmpi eq, %j, %c5 : i32
  %b6 = arith.cmpi eq, %j, %c6 : i32
  %v0 = arith.select %b0, %inf, %x0 : f32
  %v1 = arith.select %b1, %ninf, %v0 : f32
  %v2 = arith.select %b2, %nan, %v1 : f32
  %v3 = arith.select %b3, %none, %v2 : f32
  %v4 = arith.select %b4, %zero, %v3 : f32
  %v5 = arith.select %b5, %big, %v4 : f32
  %v6 = arith.select %b6, %small, %v5 : f32
  %0 = math.{} %v6 : f32
  linalg.yield %0 : f32)",
                                               function)));
    expectAgreement(kernel);
  }
}

TEST(Elementwise, Panels) {
  for (int round = 0; round < 16; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t m = extent(), n = extent(), w = pick({16, 32});
    kernel.arguments = {{{m, n}, round % 3 - 1, w},
                        {{m, n}, round % 3 - 1, w},
                        {{m, n}, round / 3 % 3 - 1, w}};
    kernel.inputs = 2;
    kernel.body = generic({"ab", "ab", "ab"}, 2, "pp", "%a0, %a1 : $0, $1",
                          "%a2 : $2", block(3, R"(
  %0 = arith.subf %x0, %x1 : @
  linalg.yield %0 : @)"));
    expectAgreement(kernel);
  }
}

TEST(Elementwise, ConcatenationAndFill) {
  KernelCase kernel;
  kernel.arguments = {{{5, 7}}, {{5, 20}}, {{5, 27}}};
  kernel.inputs = 2;
  std::string copy = block(2, "linalg.yield %x0 : @");
  kernel.body =
      "%l = memref.subview %a2[0, 0] [5, 7] [1, 1] : $2 to "
      "memref<5x7x@, strided<[27, 1]>>\n"
      "%r = memref.subview %a2[0, 7] [5, 20] [1, 1] : $2 to "
      "memref<5x20x@, strided<[27, 1], offset: 7>>\n" +
      generic({"ab", "ab"}, 2, "pp", "%a0 : $0",
              "%l : memref<5x7x@, strided<[27, 1]>>", copy) +
      generic({"ab", "ab"}, 2, "pp", "%a1 : $1",
              "%r : memref<5x20x@, strided<[27, 1], offset: 7>>", copy);
  expectAgreement(kernel);
  // Padding: a fill, then a copy into the middle of it.
  kernel.arguments = {{{5, 7}}, {{9, 40}}};
  kernel.inputs = 1;
  kernel.body =
      "%z = arith.constant 0.5 : @\n"
      "linalg.fill ins(%z : @) outs(%a1 : $1)\n"
      "%l = memref.subview %a1[2, 3] [5, 7] [1, 1] : $1 to "
      "memref<5x7x@, strided<[40, 1], offset: 83>>\n" +
      generic({"ab", "ab"}, 2, "pp", "%a0 : $0",
              "%l : memref<5x7x@, strided<[40, 1], offset: 83>>", copy);
  expectAgreement(kernel);
}

TEST(Reduction, RowsColumnsAndAll) {
  const char *const combiners[] = {"addf", "maximumf", "minimumf"};
  for (int round = 0; round < 30; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t m = extent(), n = round == 1 ? 5003 : extent();
    std::string combiner = combiners[round / 2 % 3];
    int form = round % 5; // rows, columns, all, from panels, adding to output
    std::string result = form == 0 ? "a" : form == 1 || form == 4 ? "b" : "";
    std::vector<int64_t> shape = {1};
    if (form != 2 && form != 3) {
      shape = {form == 0 ? m : n};
    }
    kernel.arguments = {
        {{m, n}, form == 3 ? round % 2 : -1, 32}, {{n}}, {shape}, {shape}};
    kernel.inputs = 2;
    bool all = form == 2 || form == 3;
    std::string output = "memref<@, strided<[]>>";
    std::string prefix = "%z = arith.constant 0.125 : @\n";
    if (all) {
      prefix += fmt::format("%o2 = memref.subview %a2[0] [1] [1] : $2 to {0}\n"
                            "%o3 = memref.subview %a3[0] [1] [1] : $3 to {0}\n",
                            output);
    }
    std::string o2 = all ? "%o2" : "%a2", o3 = all ? "%o3" : "%a3";
    std::string t2 = all ? output : "$2", t3 = all ? output : "$3";
    if (form != 4) {
      prefix += fmt::format("linalg.fill ins(%z : @) outs({} : {})\n", o2, t2);
    }
    prefix += fmt::format("linalg.fill ins(%z : @) outs({} : {})\n", o3, t3);
    std::string kinds = form == 0 ? "pr" : all ? "rr" : "rp";
    kernel.body =
        prefix + generic({"ab", "b", result, result}, 2, kinds,
                         "%a0, %a1 : $0, $1",
                         fmt::format("{}, {} : {}, {}", o2, o3, t2, t3),
                         block(4, fmt::format(R"(
  %0 = arith.mulf %x0, %x1 : @
  %1 = arith.{} %x2, %0 : @
  %2 = arith.mulf %x0, %x0 : @
  %3 = arith.addf %2, %x3 : @
  linalg.yield %1, %3 : @, @)",
                                              combiner)));
    expectAgreement(kernel);
  }
}

/// Long enough to be done in two phases.
TEST(Reduction, LongSums) {
  for (int round = 0; round < 4; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t length = round < 2 ? 70001 : 131072;
    kernel.arguments = {{{length}}, {{1}}, {{1}}};
    kernel.inputs = 1;
    std::string output = "memref<@, strided<[]>>";
    kernel.body = fmt::format("%z = arith.constant 0.5 : @\n"
                              "%o = memref.subview %a1[0] [1] [1] : $1 to {0}\n"
                              "%q = memref.subview %a2[0] [1] [1] : $2 to {0}\n"
                              "linalg.fill ins(%z : @) outs(%o : {0})\n",
                              output) +
                  generic({"a", "", ""}, 1, "r", "%a0 : $0",
                          fmt::format("%o, %q : {0}, {0}", output), block(3, R"(
  %0 = arith.mulf %x0, %x0 : @
  %1 = arith.addf %x1, %0 : @
  %2 = arith.maximumf %x2, %x0 : @
  linalg.yield %1, %2 : @, @)"));
    // The reference adds one by one, so its own error is the larger one.
    expectAgreement(kernel, kernel.type == "f64" ? 1e-12 : 1e-4);
  }
}

/// Along kept lanes and along reduced ones, where loops merge and where they do
/// not: sums that one chain would be too long for.
TEST(Reduction, LongChains) {
  struct Form {
    std::vector<int64_t> extents;
    const char *kinds, *result;
  };
  for (const Form &form :
       {Form{{900, 901, 3}, "rrp", "c"}, Form{{700, 3, 2100}, "rpr", "b"},
        Form{{3, 600001}, "pr", "a"}, Form{{2500, 2, 300}, "rpr", "b"},
        Form{{4097, 20}, "rp", "b"}}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(form.extents, " x ")));
    const std::string all = std::string("abc").substr(0, form.extents.size());
    KernelCase kernel;
    const int64_t kept = form.extents[form.result[0] - 'a'];
    kernel.arguments = {{form.extents}, {{kept}}};
    kernel.inputs = 1;
    const std::string start = "%z = arith.constant 0.0 : @\n"
                              "linalg.fill ins(%z : @) outs(%a1 : $1)\n";
    auto sumOf = [&](const char *terms) {
      return start + generic({all, form.result}, int(all.size()), form.kinds,
                             "%a0 : $0", "%a1 : $1", block(2, terms));
    };
    kernel.type = "f64";
    kernel.body = sumOf(R"(
  %0 = arith.addf %x1, %x0 : @
  linalg.yield %0 : @)");
    expectAgreement(kernel, 1e-11);
    // Equal terms, whose roundings all go one way.
    kernel.type = "f32";
    kernel.body = sumOf(R"(
  %c = arith.constant 0.1 : @
  %0 = arith.addf %x1, %c : @
  linalg.yield %0 : @)");
    double terms = 0.1 / double(kept);
    for (int64_t extent : form.extents) {
      terms *= double(extent);
    }
    for (double sum : runCase(kernel, scheduledTarget(hostLanes()), 1, 7)) {
      EXPECT_NEAR(sum / terms, 1, 6e-5);
    }
  }
}

TEST(Reduction, ThreeLoops) {
  for (int round = 0; round < 12; ++round) {
    KernelCase kernel;
    kernel.type = types[round % 2];
    int64_t l = pick({2, 3, 16}), m = extent(), n = pick({1, 5, 16, 33});
    const char *const kinds[] = {"prr", "rpr", "rrp", "ppr", "prp", "rpp"};
    const char *const results[] = {"a", "b", "c", "ab", "ac", "bc"};
    int form = round / 2;
    std::vector<int64_t> extents = {l, m, n}, shape;
    for (const char *c = results[form]; *c; ++c) {
      shape.push_back(extents[*c - 'a']);
    }
    kernel.arguments = {{{l, m, n}}, {shape}};
    kernel.inputs = 1;
    kernel.body = "%z = arith.constant 0.0 : @\n"
                  "linalg.fill ins(%z : @) outs(%a1 : $1)\n" +
                  generic({"abc", results[form]}, 3, kinds[form], "%a0 : $0",
                          "%a1 : $1", block(2, R"(
  %0 = arith.addf %x1, %x0 : @
  linalg.yield %0 : @)"));
    expectAgreement(kernel);
  }
}

/// Products of elements summed along one of three loops are no products of
/// matrices.
TEST(Reduction, OfProductsOfElements) {
  for (const char *right : {"abc", "bc", "c"}) {
    KernelCase kernel;
    std::vector<int64_t> extents = {5, 20, 33}, shape;
    for (const char *c = right; *c; ++c) {
      shape.push_back(extents[*c - 'a']);
    }
    kernel.arguments = {{extents}, {shape}, {{5, 20}}};
    kernel.inputs = 2;
    kernel.body = "%z = arith.constant 0.0 : @\n"
                  "linalg.fill ins(%z : @) outs(%a2 : $2)\n" +
                  generic({"abc", right, "ab"}, 3, "ppr", "%a0, %a1 : $0, $1",
                          "%a2 : $2", block(3, R"(
  %0 = arith.mulf %x0, %x1 : @
  %1 = arith.addf %x2, %0 : @
  linalg.yield %1 : @)"));
    expectAgreement(kernel);
  }
}

/// A draw as the compiler writes it: Philox in 32-bit words, then Box-Muller.
TEST(Elementwise, DrawsFromKeyWords) {
  KernelCase kernel;
  kernel.arguments = {{{37, 20}}, {{37, 20}}};
  kernel.inputs = 1;
  kernel.low = 0.01;
  std::string rounds;
  for (int i = 0; i < 10; ++i) {
    rounds += fmt::format(R"(
  %l{0}, %h{0} = arith.mului_extended %w{0}, %m : i32
  %e{0} = arith.xori %h{0}, %v{0} : i32
  %k{1} = arith.addi %k{0}, %m : i32
  %w{1} = arith.xori %e{0}, %k{1} : i32
  %v{1} = arith.addi %l{0}, %w{0} : i32)",
                          i, i + 1);
  }
  kernel.body =
      generic({"ab", "ab"}, 2, "pp", "%a0 : $0", "%a1 : $1", block(2, R"(
  %i = linalg.index 0 : index
  %j = linalg.index 1 : index
  %c20 = arith.constant 20 : index
  %n0 = arith.muli %i, %c20 : index
  %n1 = arith.addi %n0, %j : index
  %w0 = arith.index_cast %n1 : index to i32
  %v0 = arith.index_castui %j : index to i32
  %m = arith.constant 3528531795 : i32
  %k0 = arith.constant 7 : i32)" + rounds + R"(
  %c8 = arith.constant 8 : i32
  %s = arith.shrui %w10, %c8 : i32
  %u = arith.uitofp %s : i32 to f32
  %scale = arith.constant 5.9604644775390625e-8 : f32
  %f = arith.mulf %u, %scale : f32
  %tau = arith.constant 6.28318530717958 : f32
  %angle = arith.mulf %f, %tau : f32
  %c = math.cos %angle : f32
  %log = math.log %x0 : f32
  %two = arith.constant -2.0 : f32
  %d = arith.mulf %log, %two : f32
  %r = math.sqrt %d : f32
  %z = arith.mulf %r, %c : f32
  linalg.yield %z : f32)"));
  kernel.high = 0.99;
  expectAgreement(kernel);
}

/// A product in one of its forms: maps of x, w and y, and their layouts.
KernelCase product(int round, int64_t m, int64_t n, int64_t k, bool epilogue) {
  KernelCase kernel;
  kernel.type = types[round % 2];
  bool xTransposed = generator() % 4 == 0, wTransposed = generator() % 2;
  bool yTransposed = !epilogue && generator() % 4 == 0;
  auto matrix = [&](bool transposed, int64_t rows, int64_t columns) {
    Argument made;
    made.shape =
        transposed ? std::vector{columns, rows} : std::vector{rows, columns};
    if (int choice = generator() % 4; choice < 2) {
      made.axis = choice;
      made.width = pick({8, 16, 32});
    } else if (choice == 2) {
      made.padding = 16;
    }
    return made;
  };
  Argument x = matrix(xTransposed, m, k), w = matrix(wTransposed, k, n),
           y = matrix(yTransposed, m, n);
  std::string z = "%z = arith.constant 0.0 : @\n";
  std::string body = block(3, R"(
  %0 = arith.mulf %x0, %x1 : @
  %1 = arith.addf %x2, %0 : @
  linalg.yield %1 : @)");
  std::vector<std::string> maps = {xTransposed ? "ca" : "ac",
                                   wTransposed ? "bc" : "cb",
                                   yTransposed ? "ba" : "ab"};
  if (!epilogue) {
    kernel.arguments = {x, w, y};
    kernel.inputs = 2;
    kernel.body =
        (round % 3 ? z + "linalg.fill ins(%z : @) outs(%a2 : $2)\n" : "") +
        generic(maps, 3, "ppr", "%a0, %a1 : $0, $1", "%a2 : $2", body);
    return kernel;
  }
  Argument r = matrix(false, m, n);
  kernel.arguments = {x, w, {{n}}, {{m}}, r, y, {{m, n}}};
  kernel.inputs = 5;
  std::string tile = fmt::format("memref<{}x{}x@>", m, n);
  const char *function =
      generator() % 2 ? "%5 = math.exp %4 : @" : "%5 = arith.mulf %4, %4 : @";
  kernel.body =
      z + "%t = memref.alloc() : " + tile + "\n" +
      "linalg.fill ins(%z : @) outs(%t : " + tile + ")\n" +
      generic(maps, 3, "ppr", "%a0, %a1 : $0, $1", "%t : " + tile, body) +
      generic({"ab", "b", "a", "ab", "ab", "ab"}, 2, "pp",
              "%t, %a2, %a3, %a4 : " + tile + ", $2, $3, $4",
              "%a5, %a6 : $5, $6",
              block(6, fmt::format(R"(
  %i = linalg.index 0 : index
  %j = linalg.index 1 : index
  %ij = arith.addi %i, %j : index
  %ii = arith.index_cast %ij : index to i32
  %f = arith.sitofp %ii : i32 to @
  %s = arith.constant 0.001 : @
  %fs = arith.mulf %f, %s : @
  %0 = arith.addf %x0, %x1 : @
  %1 = arith.mulf %0, %x2 : @
  %2 = arith.addf %1, %fs : @
  %3 = arith.cmpf ogt, %2, %x3 : @
  %4 = arith.select %3, %2, %x3 : @
  {}
  linalg.yield %4, %5 : @, @)",
                                   function)));
  kernel.low = -0.5;
  kernel.high = 0.5;
  return kernel;
}

TEST(Product, RandomShapesAndLayouts) {
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    expectAgreement(product(round, extent(), extent(), extent(), false));
    if (HasFailure()) {
      return;
    }
  }
}

TEST(Product, Epilogues) {
  for (int round = 0; round < 24; ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    expectAgreement(product(round, extent(), extent(), extent(), true));
    if (HasFailure()) {
      return;
    }
  }
}

TEST(Product, LargeOnes) {
  expectAgreement(product(0, 300, 400, 784, false));
  expectAgreement(product(2, 128, 784, 400, true));
}

} // namespace
} // namespace gmc::testing
