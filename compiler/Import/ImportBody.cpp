//===- ImportBody.cpp - nodes of one body become nn ops -------------------===//
//
// One nn op for one node. The only decision taken here is the precision of
// single numbers: what depends on hyper-parameters, clocks and constants alone
// is computed in f64 (1 - 0.999 loses five digits in f32) and converted where
// a tensor needs it.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/GM/IR/GMDialect.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Import/BodyImporter.h"

#include <map>
#include <tuple>

using namespace mlir;

namespace gmc::import {

namespace {

/// Returns whether `node` may be a number that scalars alone decide.
bool isPointwise(dsl::Op op) {
  switch (op) {
#define POINTWISE_Leaf(Name)
#define POINTWISE_Unary(Name) case dsl::Op::Name:
#define POINTWISE_Binary(Name) case dsl::Op::Name:
#define POINTWISE_Compare(Name) case dsl::Op::Name:
#define POINTWISE_Select(Name) case dsl::Op::Name:
#define POINTWISE_Shape(Name)
#define POINTWISE_Reduction(Name)
#define POINTWISE_Contraction(Name)
#define POINTWISE_Random(Name)
#define POINTWISE_Gradient(Name)
#define GMC_OP(Name, spelling, operands, kind) POINTWISE_##kind(Name)
#include "dsl/program/ops.def"
    return true;
  default:
    return false;
  }
}

nn::ComparePredicate predicateOf(dsl::Op op) {
  switch (op) {
  case dsl::Op::Less:
    return nn::ComparePredicate::less;
  case dsl::Op::LessEqual:
    return nn::ComparePredicate::less_equal;
  case dsl::Op::Greater:
    return nn::ComparePredicate::greater;
  case dsl::Op::GreaterEqual:
    return nn::ComparePredicate::greater_equal;
  case dsl::Op::Equal:
    return nn::ComparePredicate::equal;
  default:
    return nn::ComparePredicate::not_equal;
  }
}

template <typename Op>
Value makeUnary(OpBuilder &builder, Location loc, RankedTensorType type,
                Value operand, double value) {
  if constexpr (std::is_same_v<Op, nn::LeakyReluOp>) {
    return Op::create(builder, loc, type, operand,
                      builder.getF64FloatAttr(value));
  } else if constexpr (std::is_same_v<Op, nn::PolygammaOp>) {
    return Op::create(builder, loc, type, operand,
                      builder.getI64IntegerAttr(static_cast<int64_t>(value)));
  } else {
    return Op::create(builder, loc, type, operand);
  }
}

/// Finds for each node the first one of the same value, whatever their names.
std::vector<dsl::ValueId> firstOfEach(const dsl::Body &body) {
  std::map<std::tuple<dsl::Op, std::vector<dsl::ValueId>, double, int64_t,
                      std::vector<int64_t>, uint64_t, std::vector<int64_t>>,
           dsl::ValueId>
      known;
  std::vector<dsl::ValueId> first;
  for (dsl::ValueId id = 0; id < body.nodes.size(); ++id) {
    const dsl::Node &node = body.nodes[id];
    std::vector<dsl::ValueId> operands;
    for (dsl::ValueId operand : node.operands) {
      operands.push_back(first[operand]);
    }
    if (node.op == dsl::Op::Stop) { // the value of its operand
      first.push_back(operands[0]);
      continue;
    }
    const auto &[value, index, dims, site] = node.attrs;
    first.push_back(known
                        .try_emplace({node.op, std::move(operands), value,
                                      index, dims, site, node.type.shape()},
                                     id)
                        .first->second);
  }
  return first;
}

} // namespace

BodyImporter::BodyImporter(const dsl::Program &program,
                           const dsl::SourceFile &source, const dsl::Body &body,
                           ValueRange arguments, FloatType real,
                           OpBuilder &builder)
    : program(program), source(source), body(body), arguments(arguments),
      realType(real), builder(builder), loc(builder.getUnknownLoc()),
      values(body.nodes.size()), fromScalars(body.nodes.size(), false),
      firstLike(firstOfEach(body)) {}

Location BodyImporter::location(dsl::SourceRange range,
                                llvm::StringRef name) const {
  dsl::LineColumn at = source.lineColumn(range.begin);
  Location place = FileLineColLoc::get(builder.getContext(), source.name(),
                                       at.line, at.column);
  if (name.empty()) {
    return place;
  }
  return NameLoc::get(builder.getStringAttr(name), place);
}

void BodyImporter::importNodes() {
  for (dsl::ValueId id = 0; id < body.nodes.size(); ++id) {
    const dsl::Node &node = body.nodes[id];
    loc = location(node.where, node.name);
    bool single = node.type.axes.empty() && node.type.event.empty();
    bool leaf = node.op == dsl::Op::Constant || node.op == dsl::Op::Scalar;
    fromScalars[id] = single && (leaf || isPointwise(node.op)) &&
                      llvm::all_of(node.operands, [&](dsl::ValueId operand) {
                        return fromScalars[operand];
                      });
    values[id] = importNode(id);
  }
}

Value BodyImporter::convert(Value value, FloatType element) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getElementType() == element) {
    return value;
  }
  Value &known = converted[value];
  if (!known) {
    known = nn::ConvertOp::create(builder, value.getLoc(), type.clone(element),
                                  value);
  }
  return known;
}

Value BodyImporter::real(dsl::ValueId id) {
  return convert(values[id], realType);
}

Value BodyImporter::scalar(dsl::ValueId id) {
  return convert(values[id], builder.getF64Type());
}

Value BodyImporter::importNode(dsl::ValueId id) {
  const dsl::Node &node = body.nodes[id];
  FloatType element = fromScalars[id] ? builder.getF64Type() : realType;
  auto type = RankedTensorType::get(node.type.shape(), element);
  SmallVector<Value> operands;
  for (dsl::ValueId operand : node.operands) {
    operands.push_back(convert(values[operand], element));
  }
  if (isPointwise(node.op)) {
    return importPointwise(node, operands, type);
  }
  return operands.empty() ? importLeaf(node, type) : importShape(node, type);
}

Value BodyImporter::importLeaf(const dsl::Node &node, RankedTensorType type) {
  switch (node.op) {
  case dsl::Op::Iota:
    return nn::IotaOp::create(builder, loc, type, node.attrs.dims[0]);
  case dsl::Op::Parameter:
    return gm::ReadOp::create(builder, loc, type,
                              program.parameters[node.attrs.index].name);
  case dsl::Op::Argument:
    return arguments[node.attrs.index];
  case dsl::Op::Scalar: {
    Value value = gm::ScalarOp::create(
        builder, loc, type.clone(builder.getF64Type()), node.attrs.index);
    return convert(value, cast<FloatType>(type.getElementType()));
  }
  case dsl::Op::RandomNormal:
    return nn::RandomNormalOp::create(builder, loc, type,
                                      static_cast<int64_t>(node.attrs.site));
  case dsl::Op::RandomUniform:
    return nn::RandomUniformOp::create(builder, loc, type,
                                       static_cast<int64_t>(node.attrs.site));
  case dsl::Op::Constant:
    return nn::ConstantOp::create(builder, loc, type,
                                  builder.getF64FloatAttr(node.attrs.value));
  default:
    llvm::report_fatal_error(llvm::Twine("`") + spellingOf(node.op) +
                             "` is not imported as a leaf");
  }
}

Value BodyImporter::importShape(const dsl::Node &node, RankedTensorType type) {
  Value operand = convert(values[node.operands[0]], realType);
  ArrayRef<int64_t> dims = node.attrs.dims;
  switch (node.op) {
  case dsl::Op::Broadcast:
    return nn::BroadcastOp::create(builder, loc, type, operand, dims);
  case dsl::Op::Reshape:
    return nn::ReshapeOp::create(builder, loc, type, operand);
  case dsl::Op::Transpose:
    return nn::TransposeOp::create(builder, loc, type, operand, dims);
  case dsl::Op::Slice:
    return nn::SliceOp::create(builder, loc, type, operand, dims[0], dims[1],
                               dims[2]);
  case dsl::Op::Concat:
    return nn::ConcatOp::create(builder, loc, type, operand,
                                real(node.operands[1]), dims[0]);
  case dsl::Op::Sum:
    return nn::SumOp::create(builder, loc, type, operand, dims);
  case dsl::Op::ReduceMax:
    return nn::ReduceMaxOp::create(builder, loc, type, operand, dims);
  case dsl::Op::ReduceMin:
    return nn::ReduceMinOp::create(builder, loc, type, operand, dims);
  case dsl::Op::Matmul:
    return nn::MatmulOp::create(builder, loc, type, operand,
                                real(node.operands[1]), dims[0] != 0,
                                dims[1] != 0, useOf(node));
  case dsl::Op::Conv:
  case dsl::Op::ConvInput:
    return importConvolution(node, type);
  case dsl::Op::Gradient:
    return nn::GradientOp::create(builder, loc, TypeRange{type}, operand,
                                  ValueRange{real(node.operands[1])})
        .getResult(0);
  default:
    llvm::report_fatal_error(llvm::Twine("`") + spellingOf(node.op) +
                             "` is not imported as an op of shapes");
  }
}

Value BodyImporter::importConvolution(const dsl::Node &node,
                                      RankedTensorType type) {
  Value a = real(node.operands[0]), w = real(node.operands[1]);
  ArrayRef<int64_t> dims = node.attrs.dims;
  ArrayRef<int64_t> strides = dims.take_front(2), pads = dims.slice(2, 4),
                    dilations = dims.slice(6, 2);
  if (node.op == dsl::Op::Conv) {
    return nn::ConvOp::create(builder, loc, type, a, w, strides, pads,
                              dilations, dims[8], /*channelsLast=*/false,
                              useOf(node));
  }
  return nn::ConvInputOp::create(builder, loc, type, a, w, strides, pads,
                                 dilations, dims[8], /*channelsLast=*/false,
                                 useOf(node));
}

/// Returns the parameter that node `id` is made of element by element, as a
/// weight that is normalised is; -1: of none.
int64_t BodyImporter::weightBehind(dsl::ValueId id) const {
  const dsl::Node *node = &body.nodes[id];
  const int64_t elements = node->type.elements();
  while (node->op != dsl::Op::Parameter) {
    auto whole = llvm::find_if(node->operands, [&](dsl::ValueId operand) {
      return body.nodes[operand].type.elements() == elements;
    });
    if (!node->type.axes.empty() || whole == node->operands.end()) {
      return -1;
    }
    node = &body.nodes[*whole];
  }
  return node->attrs.index;
}

/// Returns what `node`, a product, computes, or null where it is not that of a
/// weight and examples: one of a weight alone, as that of a spectral norm, is
/// no call of a layer.
nn::UseAttr BodyImporter::useOf(const dsl::Node &node) {
  const int64_t left = weightBehind(node.operands[0]);
  const int64_t weight = left >= 0 ? left : weightBehind(node.operands[1]);
  const dsl::Node &input = body.nodes[node.operands[left >= 0 ? 1 : 0]];
  if (weight < 0 || input.type.axes.empty() ||
      program.parameters[weight].role == dsl::Parameter::Role::State) {
    return {};
  }
  std::pair factors(nn::Factor::input, nn::Factor::weight);
  if (left >= 0) {
    std::swap(factors.first, factors.second);
  }
  nn::UseAttr &use = uses[firstLike[&node - body.nodes.data()]];
  if (!use) {
    use = nn::UseAttr::get(builder.getContext(),
                           program.parameters[weight].name, calls[weight]++,
                           /*order=*/0, factors.first, factors.second);
  }
  return use;
}

Value BodyImporter::importPointwise(const dsl::Node &node,
                                    ArrayRef<Value> operands,
                                    RankedTensorType type) {
  switch (node.op) {
#define IMPORT_Leaf(Name)
#define IMPORT_Unary(Name)                                                     \
  case dsl::Op::Name:                                                          \
    return makeUnary<nn::Name##Op>(builder, loc, type, operands[0],            \
                                   node.attrs.value);
#define IMPORT_Binary(Name)                                                    \
  case dsl::Op::Name:                                                          \
    return nn::Name##Op::create(builder, loc, type, operands[0], operands[1]);
#define IMPORT_Compare(Name)
#define IMPORT_Select(Name)
#define IMPORT_Shape(Name)
#define IMPORT_Reduction(Name)
#define IMPORT_Contraction(Name)
#define IMPORT_Random(Name)
#define IMPORT_Gradient(Name)
#define GMC_OP(Name, spelling, operands, kind) IMPORT_##kind(Name)
#include "dsl/program/ops.def"
  case dsl::Op::Select:
    return nn::SelectOp::create(builder, loc, type, operands[0], operands[1],
                                operands[2]);
  default: // the comparisons
    return nn::CompareOp::create(builder, loc, type, predicateOf(node.op),
                                 operands[0], operands[1]);
  }
}

} // namespace gmc::import
