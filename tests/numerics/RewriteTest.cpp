//===- RewriteTest.cpp - random programs before and after rewrites --------===//
//
// Programs of random nn ops over few shapes, so that values are read in many
// places at once: what fusion and simplification find hard. Rewritten, they
// must verify and give the same numbers.
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Passes.h"
#include "compiler/Autodiff/Rules/RegisterRules.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "tests/numerics/NNInterpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

/// Writes a function of random ops on values of [4,6], [4,2,3], [4,4] and what
/// sums and slices leave of them; returns gradients of the last one as well.
class ProgramWriter {
public:
  ProgramWriter(MLIRContext &context, unsigned seed)
      : engine(seed), builder(UnknownLoc::get(&context), &context) {}

  OwningOpRef<ModuleOp> write(unsigned count) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getLoc());
    builder.setInsertionPointToEnd(module->getBody());
    SmallVector<Type> types = {type({4, 6}),    type({6}),    type({4, 4}),
                               type({4, 2, 3}), type({2, 3}), type({3})};
    auto function =
        func::FuncOp::create(builder, "f", builder.getFunctionType(types, {}));
    Block *block = function.addEntryBlock();
    builder.setInsertionPointToEnd(block);
    values.assign(block->args_begin(), block->args_end());
    for (unsigned i = 0; i < count; ++i) {
      values.push_back(randomOp());
    }
    SmallVector<Value> results(llvm::drop_begin(values, values.size() / 2));
    auto gradient = GradientOp::create(builder, types, values.back(),
                                       block->getArguments());
    llvm::append_range(results, gradient.getResults());
    func::ReturnOp::create(builder, results);
    function.setType(
        builder.getFunctionType(types, TypeRange(ValueRange(results))));
    return module;
  }

private:
  RankedTensorType type(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF64Type());
  }
  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(engine);
  }
  /// Returns any value, half the time one of the latest: chains are what
  /// patterns match.
  Value any() {
    unsigned size = values.size();
    return values[below(2) == 0 ? size - 1 - below(std::min(size, 3u))
                                : below(size)];
  }
  /// Returns a value of a shape; a constant where there is none, or now and
  /// then.
  Value of(RankedTensorType wanted) {
    SmallVector<Value> fitting;
    for (Value value : values) {
      if (value.getType() == wanted) {
        fitting.push_back(value);
      }
    }
    if (fitting.empty() || below(6) == 0) {
      const double numbers[] = {0, 1, -1, 2, 0.3};
      return ConstantOp::create(builder, wanted,
                                builder.getF64FloatAttr(numbers[below(5)]));
    }
    return fitting[below(fitting.size())];
  }

  Value randomOp() {
    Value u = any();
    auto shaped = cast<RankedTensorType>(u.getType());
    switch (below(11)) {
    case 0:
      return unary(u);
    case 1:
    case 2:
    case 3:
      return binary(u, of(shaped));
    case 4:
    case 5:
      return wider(u, shaped);
    case 6:
      return sum(u, shaped);
    case 7:
      return reshape(u, shaped);
    case 8:
      return product();
    case 9:
      return part(u, shaped);
    default:
      return choice(u, of(shaped), shaped);
    }
  }

  // Bounded functions, so that nothing overflows on the way.
  Value unary(Value u) {
    switch (below(5)) {
    case 0:
      return TanhOp::create(builder, u);
    case 1:
      return SigmoidOp::create(builder, u);
    case 2:
      return NegOp::create(builder, u);
    case 3:
      return ReluOp::create(builder, u);
    default:
      return SinOp::create(builder, u);
    }
  }
  Value binary(Value a, Value b) {
    switch (below(3)) {
    case 0:
      return AddOp::create(builder, a, b);
    case 1:
      return SubOp::create(builder, a, b);
    default:
      return MulOp::create(builder, TanhOp::create(builder, a), b);
    }
  }
  Value choice(Value a, Value b, RankedTensorType shaped) {
    Value c = CompareOp::create(builder, shaped, ComparePredicate::greater, a,
                                of(shaped));
    return SelectOp::create(builder, c, a, b);
  }
  /// Repeats `u` along dimensions of a larger shape, any way that fits.
  Value wider(Value u, RankedTensorType shaped) {
    SmallVector<RankedTensorType> targets = {type({4, 6}), type({4, 2, 3}),
                                             type({2, 3}), type({4, 4})};
    RankedTensorType target = targets[below(targets.size())];
    SmallVector<SmallVector<int64_t>> fitting;
    for (unsigned mask = 0; mask + 1 < 1u << target.getRank(); ++mask) {
      auto [dimensions, extents] = partOf(target, mask);
      if (shaped.getShape() == ArrayRef<int64_t>(extents)) {
        fitting.push_back(dimensions);
      }
    }
    if (fitting.empty()) {
      return unary(u);
    }
    return BroadcastOp::create(builder, target, u,
                               fitting[below(fitting.size())]);
  }
  /// Sums over any dimensions.
  Value sum(Value u, RankedTensorType shaped) {
    if (shaped.getRank() == 0) {
      return unary(u);
    }
    unsigned all = (1u << shaped.getRank()) - 1, mask = 1 + below(all);
    return SumOp::create(builder, type(partOf(shaped, all & ~mask).second), u,
                         partOf(shaped, mask).first);
  }
  /// Returns the dimensions in the bits of `mask`, and their extents.
  static std::pair<SmallVector<int64_t>, SmallVector<int64_t>>
  partOf(RankedTensorType shaped, unsigned mask) {
    SmallVector<int64_t> dimensions, extents;
    for (int64_t i = 0; i < shaped.getRank(); ++i) {
      if (mask & (1u << i)) {
        dimensions.push_back(i);
        extents.push_back(shaped.getDimSize(i));
      }
    }
    return {dimensions, extents};
  }
  /// Parts along a dimension, turned round or put back among zeros.
  Value part(Value u, RankedTensorType shaped) {
    if (shaped.getRank() != 2) {
      return unary(u);
    }
    int64_t rows = shaped.getDimSize(0), columns = shaped.getDimSize(1);
    int64_t half = columns / 2;
    if (columns < 2 || below(3) == 0) {
      return TransposeOp::create(builder, type({columns, rows}), u,
                                 ArrayRef<int64_t>{1, 0});
    }
    Value left = SliceOp::create(builder, type({rows, half}), u, 1, 0, half);
    Value right = SliceOp::create(builder, type({rows, columns - half}), u, 1,
                                  half, columns);
    if (below(2) == 0) {
      return ConcatOp::create(builder, shaped, right, left, 1);
    }
    return PadOp::create(builder, shaped, left, 1, columns - half, 0);
  }
  Value reshape(Value u, RankedTensorType shaped) {
    if (shaped == type({4, 6})) {
      return ReshapeOp::create(builder, type({4, 2, 3}), u);
    }
    if (shaped == type({4, 2, 3})) {
      return ReshapeOp::create(builder, type({4, 6}), u);
    }
    return unary(u);
  }
  Value product() {
    return below(2) == 0
               ? Value(MatmulOp::create(builder, type({4, 4}), of(type({4, 6})),
                                        of(type({4, 6})), false, true,
                                        UseAttr()))
               : Value(MatmulOp::create(builder, type({4, 6}), of(type({4, 4})),
                                        of(type({4, 6})), below(2) == 0, false,
                                        UseAttr()));
  }

  std::mt19937 engine;
  ImplicitLocOpBuilder builder;
  std::vector<Value> values;
};

std::vector<HostTensor> evaluate(ModuleOp module) {
  auto function = cast<func::FuncOp>(module.getBody()->front());
  std::vector<HostTensor> arguments;
  for (Type type : function.getArgumentTypes()) {
    HostTensor &tensor =
        arguments.emplace_back(cast<RankedTensorType>(type).getShape());
    for (auto [i, element] : llvm::enumerate(tensor.elements)) {
      element = std::sin(1.7 * static_cast<double>(i) + 1);
    }
  }
  auto results = NNInterpreter([](bool, int64_t, int64_t) {
                   return 0.0;
                 }).run(function.getBody().front(), arguments);
  return succeeded(results) ? *results : std::vector<HostTensor>();
}

class RewriteTest : public testing::TestWithParam<unsigned> {
protected:
  void SetUp() override {
    DialectRegistry registry;
    registry.insert<NNDialect, func::FuncDialect>();
    autodiff::registerGradientRules(registry);
    context.appendDialectRegistry(registry);
    context.loadDialect<NNDialect, func::FuncDialect>();
  }

  MLIRContext context;
};

TEST_P(RewriteTest, KeepsTheNumbers) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    unsigned count = 5 + 3 * seed;
    OwningOpRef<ModuleOp> module =
        ProgramWriter(context, 100 * GetParam() + seed).write(count);
    ASSERT_TRUE(succeeded(verify(*module)));
    PassManager derive(&context);
    derive.addPass(autodiff::createDifferentiatePass());
    ASSERT_TRUE(succeeded(derive.run(*module)));
    std::vector<HostTensor> expected = evaluate(*module);

    PassManager rewrite(&context);
    if (seed % 2 == 0) {
      rewrite.addPass(createSimplifyPass());
      rewrite.addPass(createCSEPass());
      rewrite.addPass(createFlattenEventsPass());
      rewrite.addPass(createSimplifyPass());
      rewrite.addPass(createCSEPass());
      rewrite.addPass(createPrunePass());
    }
    rewrite.addPass(createFusePass());
    ASSERT_TRUE(succeeded(rewrite.run(*module)));
    std::vector<HostTensor> results = evaluate(*module);

    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i].shape, expected[i].shape);
      for (size_t e = 0; e < results[i].elements.size(); ++e) {
        double a = results[i].elements[e], b = expected[i].elements[e];
        ASSERT_TRUE(std::isfinite(b));
        ASSERT_LE(std::abs(a - b), 1e-9 * std::max({1.0, std::abs(a)}))
            << "seed " << seed << ", result " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Random, RewriteTest, testing::Range(0u, 60u));

} // namespace
