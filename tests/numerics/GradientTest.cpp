//===- GradientTest.cpp - derivatives against finite differences ----------===//
//
// For every case y(a..): with fixed random weights w and v,
//   p = sum(w y),  g = dp/da,  q = sum(v g),  h = dq/da
// g is held against central differences of p, h against those of q, both within
// 1e-6 relative to the larger side (or to 1e-3, below which the rounding of the
// differences shows). The same programs, sent through the rewrites and the
// fusion, must give the same numbers.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Passes.h"
#include "compiler/Autodiff/Rules/RegisterRules.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Interfaces/DifferentiableOpInterface.h"
#include "tests/numerics/GradientCases.h"
#include "tests/numerics/NNInterpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;
using namespace gmc::tests;

namespace {

constexpr double step = 1e-3;
constexpr double tolerance = 1e-6;
constexpr double smallest = 1e-3;

std::string typeOf(const std::string &shape) {
  return "tensor<" + (shape.empty() ? "" : shape + "x") + "f64>";
}

/// Joins `prefix`0 .. `prefix`(count - 1) with commas.
std::string numbered(const std::string &prefix, size_t count) {
  return llvm::join(
      llvm::map_range(llvm::seq<size_t>(0, count),
                      [&](size_t i) { return prefix + std::to_string(i); }),
      ", ");
}

std::string sumOfAll(const std::string &result, const std::string &value,
                     const std::string &shape) {
  size_t rank = shape.empty() ? 0 : 1 + llvm::StringRef(shape).count('x');
  return "%" + result + " = nn.sum " + value + " over [" + numbered("", rank) +
         "] : " + typeOf(shape) + " to tensor<f64>\n";
}

/// Returns the program of the file comment: (a.., w, v..) -> (p, g.., q, h..).
std::string programOf(const GradientCase &test) {
  size_t count = test.inputs.size();
  std::vector<std::string> arguments, types;
  for (auto [i, input] : llvm::enumerate(test.inputs)) {
    types.push_back(typeOf(input.shape));
    arguments.push_back("%a" + std::to_string(i) + ": " + types.back());
  }
  arguments.push_back("%w: " + typeOf(test.shape));
  for (auto [i, type] : llvm::enumerate(types)) {
    arguments.push_back("%v" + std::to_string(i) + ": " + type);
  }
  std::string all = llvm::join(types, ", ");
  auto gradient = [&](const std::string &name, const std::string &y) {
    return "%" + name + ":" + std::to_string(count) + " = nn.gradient %" + y +
           " wrt " + numbered("%a", count) + " : tensor<f64> wrt " + all +
           " to " + all + "\n";
  };
  std::string text = "func.func @f(" + llvm::join(arguments, ", ") +
                     ") -> (tensor<f64>, " + all + ", tensor<f64>, " + all +
                     ") {\n" + test.body +
                     "\n%wy = nn.mul %y, %w : " + typeOf(test.shape) + "\n";
  text += sumOfAll("first", "%wy", test.shape) + gradient("g", "first");
  text += "%second0 = nn.constant 0.0 : tensor<f64>\n";
  for (auto [i, input] : llvm::enumerate(test.inputs)) {
    std::string n = std::to_string(i), next = std::to_string(i + 1);
    text += "%vg" + n + " = nn.mul %g#" + n + ", %v" + n + " : " + types[i] +
            "\n" + sumOfAll("sg" + n, "%vg" + n, input.shape) + "%second" +
            next + " = nn.add %second" + n + ", %sg" + n + " : tensor<f64>\n";
  }
  std::string q = "second" + std::to_string(count);
  text += gradient("h", q) + "return %first, " + numbered("%g#", count) +
          ", %" + q + ", " + numbered("%h#", count) + " : tensor<f64>, " + all +
          ", tensor<f64>, " + all + "\n}\n";
  return text;
}

/// A draw that the test does not need to be good, only fixed.
double drawForTest(bool normal, int64_t site, int64_t element) {
  double u = 0.5 + 0.4999 * std::sin(12.9898 * static_cast<double>(site) +
                                     78.233 * static_cast<double>(element));
  return normal ? 2 * u - 1 : u;
}

/// Parses, differentiates and evaluates programs.
class Program {
public:
  explicit Program(const std::string &text) : context(registry()) {
    context.loadDialect<NNDialect, func::FuncDialect>();
    module = parseSourceString<ModuleOp>(text, &context);
    if (module) {
      PassManager passes(&context);
      passes.addPass(autodiff::createDifferentiatePass());
      valid = succeeded(passes.run(*module));
    }
  }

  bool isValid() const { return valid; }
  MLIRContext &getContext() { return context; }

  bool rewrite() {
    PassManager passes(&context);
    for (int round = 0; round < 2; ++round) {
      passes.addPass(createSimplifyPass());
      passes.addPass(createCSEPass());
      passes.addPass(createFlattenEventsPass());
    }
    passes.addPass(createSimplifyPass());
    passes.addPass(createPrunePass());
    passes.addPass(createFusePass());
    return succeeded(passes.run(*module));
  }

  std::vector<HostTensor> run(ArrayRef<HostTensor> arguments) {
    auto function = cast<func::FuncOp>(module->getBody()->front());
    auto results =
        NNInterpreter(drawForTest).run(function.getBody().front(), arguments);
    return succeeded(results) ? *results : std::vector<HostTensor>();
  }

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    registry.insert<NNDialect, func::FuncDialect>();
    autodiff::registerGradientRules(registry);
    return registry;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  bool valid = false;
};

std::vector<int64_t> parseShape(const std::string &shape) {
  std::vector<int64_t> extents;
  SmallVector<StringRef> parts;
  StringRef(shape).split(parts, 'x', -1, false);
  for (StringRef part : parts) {
    extents.push_back(std::stoll(part.str()));
  }
  return extents;
}

/// Draws operands, w and v; operands too near a kink are drawn again.
class ArgumentSource {
public:
  explicit ArgumentSource(unsigned seed) : engine(seed) {}

  std::vector<HostTensor> draw(const GradientCase &test) {
    std::vector<HostTensor> arguments;
    do {
      arguments.clear();
      for (const GradientInput &input : test.inputs) {
        arguments.push_back(draw(input.shape, input.low, input.high));
      }
    } while (nearKink(test, arguments));
    arguments.push_back(draw(test.shape, -1, 1));
    for (const GradientInput &input : test.inputs) {
      arguments.push_back(draw(input.shape, -1, 1));
    }
    return arguments;
  }

private:
  HostTensor draw(const std::string &shape, double low, double high) {
    HostTensor tensor(parseShape(shape));
    std::uniform_real_distribution<double> uniform(low, high);
    for (double &element : tensor.elements) {
      element = uniform(engine);
    }
    return tensor;
  }

  /// The largest step of a difference is 2 * step, on each of two operands.
  static bool nearKink(const GradientCase &test, ArrayRef<HostTensor> a) {
    auto near = [](double u, double v) { return std::abs(u - v) < 5 * step; };
    const std::vector<double> &first = a[0].elements;
    for (size_t i = 0; i < first.size(); ++i) {
      if ((test.kink == Kink::zero && near(first[i], 0)) ||
          (test.kink == Kink::tie && near(first[i], a[1].elements[i]))) {
        return true;
      }
      for (size_t j = 0; test.kink == Kink::equalElements && j < i; ++j) {
        // Squares are compared, too.
        if (near(std::abs(first[i]), std::abs(first[j]))) {
          return true;
        }
      }
    }
    return false;
  }

  std::mt19937 engine;
};

/// Returns the derivative of result `result` (one number) in one element of one
/// argument, by differences of fourth order.
double differenceOf(Program &program, size_t result,
                    std::vector<HostTensor> &arguments, size_t argument,
                    size_t element) {
  double &place = arguments[argument].elements[element];
  double middle = place;
  auto at = [&](double offset) {
    place = middle + offset;
    double value = program.run(arguments)[result].elements[0];
    place = middle;
    return value;
  };
  return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) /
         (12 * step);
}

void expectClose(double derived, double expected, double relative,
                 const std::string &what) {
  double scale = std::max({std::abs(derived), std::abs(expected), smallest});
  EXPECT_LE(std::abs(derived - expected), relative * scale)
      << what << ": " << derived << " instead of " << expected;
}

class GradientTest : public testing::TestWithParam<size_t> {
protected:
  const GradientCase &test = gradientCases()[GetParam()];
};

TEST_P(GradientTest, AgreesWithDifferences) {
  size_t count = test.inputs.size();
  Program program(programOf(test));
  ASSERT_TRUE(program.isValid()) << programOf(test);
  for (unsigned seed = 1; seed <= 3; ++seed) {
    std::vector<HostTensor> arguments = ArgumentSource(seed).draw(test);
    std::vector<HostTensor> results = program.run(arguments);
    ASSERT_EQ(results.size(), 2 + 2 * count);
    for (size_t order : {0u, 1u}) {
      size_t number = order * (1 + count);
      for (size_t argument = 0; argument < count; ++argument) {
        const HostTensor &derived = results[number + 1 + argument];
        for (size_t i = 0; i < derived.elements.size(); ++i) {
          double expected = test.stopped ? 0
                                         : differenceOf(program, number,
                                                        arguments, argument, i);
          expectClose(derived.elements[i], expected, tolerance,
                      "order " + std::to_string(order + 1) + ", operand " +
                          std::to_string(argument) + ", element " +
                          std::to_string(i));
        }
      }
    }
  }
}

// Rewrites reassociate, so the last bits may differ.
TEST_P(GradientTest, RewritesKeepTheNumbers) {
  Program plain(programOf(test)), rewritten(programOf(test));
  ASSERT_TRUE(plain.isValid() && rewritten.isValid());
  ASSERT_TRUE(rewritten.rewrite());
  std::vector<HostTensor> arguments = ArgumentSource(9).draw(test);
  std::vector<HostTensor> expected = plain.run(arguments);
  std::vector<HostTensor> results = rewritten.run(arguments);
  ASSERT_EQ(results.size(), expected.size());
  for (size_t result = 0; result < results.size(); ++result) {
    ASSERT_EQ(results[result].shape, expected[result].shape);
    for (size_t i = 0; i < results[result].elements.size(); ++i) {
      expectClose(results[result].elements[i], expected[result].elements[i],
                  1e-12, "result " + std::to_string(result));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, GradientTest,
                         testing::Range<size_t>(0, gradientCases().size()),
                         [](const testing::TestParamInfo<size_t> &info) {
                           std::string name = std::to_string(info.param) + "_";
                           for (char c : gradientCases()[info.param].name) {
                             name += llvm::isAlnum(c) ? c : '_';
                           }
                           return name;
                         });

// An op that gets a rule gets a case.
TEST(GradientTable, HasEveryDifferentiableOp) {
  llvm::StringSet<> covered;
  for (const GradientCase &test : gradientCases()) {
    for (const std::string &op : test.ops) {
      EXPECT_NE(test.body.find("nn." + op), std::string::npos) << test.name;
      covered.insert("nn." + op);
    }
  }
  Program program("func.func @f() { return }");
  unsigned differentiable = 0;
  for (RegisteredOperationName op :
       program.getContext().getRegisteredOperationsByDialect("nn")) {
    if (op.hasInterface<autodiff::DifferentiableOpInterface>()) {
      ++differentiable;
      EXPECT_TRUE(covered.contains(op.getStringRef()))
          << op.getStringRef().str() << " has a rule but no case";
    }
  }
  EXPECT_GT(differentiable, 35u);
}

} // namespace
