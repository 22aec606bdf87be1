//===- KinkTest.cpp - derivatives where differences say nothing -----------===//
//
// What the op definitions promise at the corners of their functions.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Passes.h"
#include "compiler/Autodiff/Rules/RegisterRules.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "tests/numerics/NNInterpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

using Numbers = std::vector<double>;

/// Returns dy/da and d(sum of dy/da)/da for vectors of three, or of two in b.
std::vector<Numbers> derivatives(const std::string &body,
                                 const std::vector<Numbers> &operands,
                                 bool stabilize = false) {
  DialectRegistry registry;
  registry.insert<NNDialect, func::FuncDialect>();
  autodiff::registerGradientRules(registry);
  MLIRContext context(registry);
  context.loadDialect<NNDialect, func::FuncDialect>();
  std::string type = "tensor<3xf64>";
  std::string arguments = "%a: " + type, names = "%a", types = type;
  std::string count = std::to_string(operands.size());
  std::string returned = "%g#0", returnedTypes = type;
  if (operands.size() == 2) {
    arguments += ", %b: " + type;
    names += ", %b";
    types += ", " + type;
    returned += ", %g#1";
  }
  std::string text =
      "func.func @f(" + arguments + ") -> (" + types + ", " + type + ") {\n" +
      body + "\n%g:" + count + " = nn.gradient %y wrt " + names + " : " + type +
      " wrt " + types + " to " + types +
      "\n%h = nn.gradient %g#0 wrt %a : " + type + " wrt " + type + " to " +
      type + "\nreturn " + returned + ", %h : " + types + ", " + type + "\n}\n";
  auto module = parseSourceString<ModuleOp>(text, &context);
  PassManager passes(&context);
  if (stabilize) {
    passes.addPass(createStabilizePass());
  }
  passes.addPass(autodiff::createDifferentiatePass());
  if (!module || failed(passes.run(*module))) {
    return {};
  }
  std::vector<HostTensor> tensors;
  for (const Numbers &operand : operands) {
    tensors.emplace_back(ArrayRef<int64_t>{3}).elements = operand;
  }
  auto function = cast<func::FuncOp>(module->getBody()->front());
  auto results = NNInterpreter([](bool, int64_t, int64_t) {
                   return 0.0;
                 }).run(function.getBody().front(), tensors);
  std::vector<Numbers> numbers;
  for (const HostTensor &result : *results) {
    numbers.push_back(result.elements);
  }
  return numbers;
}

TEST(Kinks, OneSidedOps) {
  std::vector<Numbers> at = {{-1, 0, 1}};
  std::string t = " : tensor<3xf64>";
  EXPECT_EQ(derivatives("%y = nn.relu %a" + t, at)[0], (Numbers{0, 0, 1}));
  EXPECT_EQ(derivatives("%y = nn.abs %a" + t, at)[0], (Numbers{-1, 0, 1}));
  EXPECT_EQ(derivatives("%y = nn.leaky_relu %a slope 2.5e-1" + t, at)[0],
            (Numbers{0.25, 0.25, 1}));
}

TEST(Kinks, TheFirstOperandHasATie) {
  std::vector<Numbers> at = {{1, 2, 3}, {2, 2, 2}};
  auto smaller = derivatives("%y = nn.min %a, %b : tensor<3xf64>", at);
  EXPECT_EQ(smaller[0], (Numbers{1, 1, 0}));
  EXPECT_EQ(smaller[1], (Numbers{0, 0, 1}));
  auto larger = derivatives("%y = nn.max %a, %b : tensor<3xf64>", at);
  EXPECT_EQ(larger[0], (Numbers{0, 1, 1}));
  EXPECT_EQ(larger[1], (Numbers{1, 0, 0}));
}

TEST(Kinks, EqualExtremesShare) {
  std::string reduced =
      R"(%m = nn.reduce_max %a over [0] : tensor<3xf64> to tensor<f64>
%y = nn.broadcast %m [] : tensor<f64> to tensor<3xf64>)";
  EXPECT_EQ(derivatives(reduced, {{4, 1, 4}})[0], (Numbers{1.5, 0, 1.5}));
}

// Finite at bases that have no logarithm, and for the exponent 0 at the base 0.
TEST(Kinks, PowersOfWhatIsNotPositive) {
  auto power = derivatives("%y = nn.pow %a, %b : tensor<3xf64>",
                           {{-2, 0, 0}, {2, 2, 0}});
  EXPECT_EQ(power[0], (Numbers{-4, 0, 0}));
  EXPECT_EQ(power[1], (Numbers{0, 0, 0}));
  EXPECT_EQ(power[2][0], 2);
}

// The textbook's loss of a discriminator that is sure: as written, 0 / 0.
TEST(Stability, LogarithmOfASigmoid) {
  std::string loss = R"(%s = nn.sigmoid %a : tensor<3xf64>
%one = nn.constant 1.0 : tensor<3xf64>
%c = nn.sub %one, %s : tensor<3xf64>
%y = nn.log %c : tensor<3xf64>)";
  std::vector<Numbers> at = {{-800, 0, 800}};
  EXPECT_FALSE(std::isfinite(derivatives(loss, at)[0][2]));
  auto stable = derivatives(loss, at, /*stabilize=*/true);
  EXPECT_EQ(stable[0], (Numbers{0, -0.5, -1}));
  EXPECT_EQ(stable[1], (Numbers{0, -0.25, 0}));
}

} // namespace
