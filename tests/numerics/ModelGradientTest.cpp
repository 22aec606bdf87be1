//===- ModelGradientTest.cpp - derivatives of the shipped models ----------===//
//
// For every objective L(p) of every model, in f64, along a random direction u
// of the parameters that it trains:
//   s = grad L . u   against differences of L,
//   u' H u           against differences of s,
// within 1e-6 relative to the larger side (or to 1e-3). A point from which a
// difference would cross a kink of a rectifier is drawn again.
//
// usage: gmcModelGradientTests MODEL.gm..
//
//===----------------------------------------------------------------------===//
#include "compiler/Autodiff/Passes.h"
#include "compiler/Autodiff/Rules/RegisterRules.h"
#include "compiler/Dialect/GM/IR/GMDialect.h"
#include "compiler/Dialect/NN/Transforms/Passes.h"
#include "compiler/Import/Import.h"
#include "dsl/parse/Parser.h"
#include "dsl/sema/Sema.h"
#include "tests/numerics/NNInterpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

constexpr double step = 1e-4; // thousands of rectifiers must keep their side
constexpr double tolerance = 1e-6;
constexpr double smallest = 1e-3;

std::vector<std::string> models; // from the command line

double drawForTest(bool normal, int64_t site, int64_t element) {
  std::mt19937_64 engine(static_cast<uint64_t>(site) * 31 +
                         static_cast<uint64_t>(element));
  engine.discard(2);
  double u = std::uniform_real_distribution<double>(0.001, 0.999)(engine);
  return normal ? 3 * (u - 0.5) : u;
}

/// A function of one objective: arguments are the entry's inputs, variables,
/// scalars, then a direction for each trained variable; results are L, s,
/// u' H u, and what every rectifier sees.
struct Objective {
  std::string name;
  func::FuncOp function;
  SmallVector<size_t> trained; ///< places of the trained variables
  size_t inputs = 0, variables = 0, scalars = 0;
};

class ModelUnderTest {
public:
  explicit ModelUnderTest(const std::string &file) : context(registry()) {
    context.loadAllAvailableDialects();
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    source = std::make_unique<dsl::SourceFile>(file, text.str());
    dsl::DiagnosticEngine diagnostics(*source);
    dsl::ParseResult parsed = dsl::parse(*source, diagnostics);
    dsl::Options options;
    options.batch = 2;
    if (auto program = dsl::check(parsed.file, *source, options, diagnostics)) {
      import::Options importOptions;
      importOptions.f64 = true;
      module = import::importProgram(*program, *source, importOptions, context);
      collect();
    }
  }

  std::vector<Objective> objectives;

private:
  static DialectRegistry registry() {
    DialectRegistry registry;
    registry.insert<gm::GMDialect, NNDialect, func::FuncDialect>();
    autodiff::registerGradientRules(registry);
    return registry;
  }

  void collect() {
    functions = ModuleOp::create(UnknownLoc::get(&context));
    for (auto entry : module->getOps<gm::EntryOp>()) {
      for (auto minimize : entry.getBody().front().getOps<gm::MinimizeOp>()) {
        objectives.push_back(extract(entry, minimize));
      }
    }
    PassManager passes(&context);
    passes.addPass(createStabilizePass());
    passes.addPass(autodiff::createDifferentiatePass());
    passes.addPass(createSimplifyPass());
    passes.addPass(createCSEPass());
    passes.addPass(createPrunePass());
    if (failed(passes.run(*functions))) {
      objectives.clear();
    }
  }

  Objective extract(gm::EntryOp entry, gm::MinimizeOp minimize);

  MLIRContext context;
  std::unique_ptr<dsl::SourceFile> source;
  OwningOpRef<ModuleOp> module, functions;
};

/// Returns sum over i of sum(a_i b_i).
Value dot(OpBuilder &builder, ValueRange a, ValueRange b) {
  Location loc = builder.getUnknownLoc();
  auto single = RankedTensorType::get({}, builder.getF64Type());
  Value sum;
  for (auto [x, y] : llvm::zip(a, b)) {
    Value product = MulOp::create(builder, loc, x.getType(), x, y);
    auto all = llvm::to_vector(llvm::seq<int64_t>(
        0, cast<RankedTensorType>(x.getType()).getRank()));
    Value term = SumOp::create(builder, loc, single, product, all);
    sum = sum ? AddOp::create(builder, loc, single, sum, term) : term;
  }
  return sum;
}

Objective ModelUnderTest::extract(gm::EntryOp entry,
                                  gm::MinimizeOp minimize) {
  Objective objective;
  objective.name = entry.getSymName().str();
  Block &from = entry.getBody().front();
  SmallVector<gm::ReadOp> reads(from.getOps<gm::ReadOp>());
  SmallVector<gm::ScalarOp> scalars(from.getOps<gm::ScalarOp>());
  SmallVector<Type> types(from.getArgumentTypes());
  objective.inputs = types.size();
  SmallVector<Value> outside(from.getArguments());
  for (gm::ReadOp read : reads) {
    types.push_back(read.getType());
    outside.push_back(read);
  }
  for (gm::ScalarOp scalar : scalars) {
    types.push_back(scalar.getType());
    outside.push_back(scalar);
  }
  objective.variables = reads.size();
  objective.scalars = scalars.size();
  for (auto name : minimize.getOver().getAsRange<FlatSymbolRefAttr>()) {
    for (auto [i, read] : llvm::enumerate(reads)) {
      if (read.getVariable() == name.getValue()) {
        objective.trained.push_back(objective.inputs + i);
        types.push_back(read.getType());
      }
    }
  }
  OpBuilder builder = OpBuilder::atBlockEnd(functions->getBody());
  Location loc = builder.getUnknownLoc();
  objective.function = func::FuncOp::create(
      builder, loc,
      objective.name + std::to_string(objectives.size()),
      builder.getFunctionType(types, {}));
  Block *to = objective.function.addEntryBlock();
  builder.setInsertionPointToStart(to);
  IRMapping map;
  for (auto [value, argument] : llvm::zip(outside, to->getArguments())) {
    map.map(value, argument);
  }
  SmallVector<Value> results, rectified;
  for (Operation &op : from) {
    if (isa<NNDialect>(op.getDialect())) {
      Operation *copy = builder.clone(op, map);
      if (isa<ReluOp, LeakyReluOp, AbsOp>(copy)) {
        rectified.push_back(copy->getOperand(0));
      }
    }
  }
  SmallVector<Value> trained, directions;
  for (auto [i, place] : llvm::enumerate(objective.trained)) {
    trained.push_back(to->getArgument(place));
    directions.push_back(to->getArgument(outside.size() + i));
  }
  Value loss = map.lookup(minimize.getObjective());
  auto first = GradientOp::create(builder, loc, TypeRange(trained), loss,
                                  trained);
  Value slope = dot(builder, first.getGradients(), directions);
  auto second = GradientOp::create(builder, loc, TypeRange(trained), slope,
                                   trained);
  results = {loss, slope, dot(builder, second.getGradients(), directions)};
  results.append(rectified);
  func::ReturnOp::create(builder, loc, results);
  objective.function.setFunctionType(builder.getFunctionType(
      types, llvm::to_vector(ValueRange(results).getTypes())));
  return objective;
}

/// Evaluates an objective at points of a line p + t u.
class Line {
public:
  Line(Objective &objective, unsigned seed)
      : objective(objective), engine(seed) {
    Block &block = objective.function.getBody().front();
    for (auto [i, argument] : llvm::enumerate(block.getArguments())) {
      auto shape = cast<RankedTensorType>(argument.getType()).getShape();
      origin.push_back(draw(shape, i));
    }
    double squares = 0;
    for (size_t i = directionsAt(); i < origin.size(); ++i) {
      for (double x : origin[i].elements) {
        squares += x * x;
      }
    }
    for (size_t i = directionsAt(); i < origin.size(); ++i) {
      for (double &x : origin[i].elements) {
        x /= std::sqrt(squares);
      }
    }
  }

  const std::vector<HostTensor> &at(int steps) {
    auto [it, isNew] = known.try_emplace(steps);
    if (isNew) {
      std::vector<HostTensor> arguments = origin;
      for (auto [i, place] : llvm::enumerate(objective.trained)) {
        const auto &direction = origin[directionsAt() + i].elements;
        for (size_t j = 0; j < direction.size(); ++j) {
          arguments[place].elements[j] += steps * step * direction[j];
        }
      }
      auto results = NNInterpreter(drawForTest)
                         .run(objective.function.getBody().front(), arguments);
      if (succeeded(results)) {
        it->second = std::move(*results);
      }
    }
    return it->second;
  }

  double value(size_t result, int steps) {
    return at(steps)[result].elements[0];
  }

  /// Returns the derivative of `result` along the line, fourth order.
  double difference(size_t result) {
    double near = value(result, 1) - value(result, -1);
    double far = value(result, 2) - value(result, -2);
    return (8 * near - far) / (12 * step);
  }

  /// Returns whether a rectifier changes side between the points used.
  bool crossesKink() {
    const std::vector<HostTensor> &middle = at(0);
    for (int steps : {-2, -1, 1, 2}) {
      const std::vector<HostTensor> &other = at(steps);
      for (size_t i = 3; i < middle.size(); ++i) {
        for (size_t j = 0; j < middle[i].elements.size(); ++j) {
          if ((middle[i].elements[j] > 0) != (other[i].elements[j] > 0)) {
            return true;
          }
        }
      }
    }
    return false;
  }

private:
  size_t directionsAt() const {
    return objective.inputs + objective.variables + objective.scalars;
  }

  HostTensor draw(llvm::ArrayRef<int64_t> shape, size_t place) {
    HostTensor tensor(shape);
    double low = -1, high = 1; // a direction
    if (place < objective.inputs) {
      low = 0.05, high = 0.95;
    } else if (place < objective.inputs + objective.variables) {
      low = -0.08, high = 0.08;
    } else if (place < directionsAt()) {
      low = 0.3, high = 0.9; // a schedule's clock, a hyper-parameter
    }
    std::uniform_real_distribution<double> uniform(low, high);
    for (double &element : tensor.elements) {
      element = uniform(engine);
    }
    return tensor;
  }

  Objective &objective;
  std::mt19937 engine;
  std::vector<HostTensor> origin;
  std::map<int, std::vector<HostTensor>> known;
};

void expectClose(double derived, double expected, const std::string &what) {
  double scale = std::max({std::abs(derived), std::abs(expected), smallest});
  EXPECT_LE(std::abs(derived - expected), tolerance * scale)
      << what << ": " << derived << " instead of " << expected;
  printf("  %s: derived %.12g, by differences %.12g\n", what.c_str(), derived,
         expected);
}

TEST(ModelGradient, AgreesWithDifferences) {
  ASSERT_FALSE(models.empty());
  for (const std::string &file : models) {
    SCOPED_TRACE(file);
    ModelUnderTest model(file);
    ASSERT_FALSE(model.objectives.empty());
    for (Objective &objective : model.objectives) {
      std::unique_ptr<Line> line;
      unsigned seed = 1;
      do {
        ASSERT_LE(seed, 40u) << "every point is too near a kink";
        line = std::make_unique<Line>(objective, seed++);
        ASSERT_GE(line->at(0).size(), 3u);
      } while (line->crossesKink());
      std::string name = file.substr(file.rfind('/') + 1) + " " +
                         objective.name;
      expectClose(line->value(1, 0), line->difference(0), name + ", first");
      expectClose(line->value(2, 0), line->difference(1), name + ", second");
    }
  }
}

} // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  models.assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
