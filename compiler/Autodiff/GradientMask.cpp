//===- GradientMask.cpp - where a gradient can differ from 0 --------------===//
#include "compiler/Autodiff/GradientMask.h"

#include "compiler/Autodiff/GradientBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace gmc;
using namespace gmc::autodiff;
using nn::ComparePredicate;

using Kind = MaskNode::Kind;

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

namespace {

/// Whether one of two operands is taken at every element, the two being `a` and
/// `b`.
bool areOpposite(Mask a, Mask b) {
  return a->kind == Kind::Taken && b->kind == Kind::Taken && a->op == b->op &&
         a->operand != b->operand;
}

/// Whether `inner` is `outer` and something else.
bool isWithin(Mask inner, Mask outer) {
  return inner->kind == Kind::Both && inner->a == outer;
}

} // namespace

Mask GradientMasks::both(Mask a, Mask b) {
  if (!a || !b) {
    return a ? a : b;
  }
  return add({.kind = Kind::Both, .a = a, .b = b});
}

Mask GradientMasks::either(Mask a, Mask b) {
  if (!a || !b || a == b) {
    return a ? b : a;
  }
  if (areOpposite(a, b)) {
    return nullptr;
  }
  if (isWithin(a, b) || isWithin(b, a)) {
    return isWithin(a, b) ? b : a;
  }
  if (a->kind == Kind::Both && isWithin(b, a->a) && areOpposite(a->b, b->b)) {
    return a->a;
  }
  return add({.kind = Kind::Either, .a = a, .b = b});
}

/// What is left of `mask` behind an op that mixes elements: the branches of
/// `if`, which may be of whole examples. Single elements that were not taken do
/// not keep a sum from being used.
Mask GradientMasks::branchesOf(Mask mask) {
  if (mask && !mask->branches) {
    mask->branches = findBranches(mask);
  }
  return mask ? *mask->branches : nullptr;
}

Mask GradientMasks::findBranches(Mask mask) {
  Mask a = branchesOf(mask->a), b = branchesOf(mask->b);
  switch (mask->kind) {
  case Kind::Taken:
    return isa<nn::SelectOp>(mask->op) ? mask : nullptr;
  case Kind::Both:
    return both(a, b);
  case Kind::Either:
    return either(a, b);
  case Kind::Moved:
    break;
  }
  if (!a || a == mask->a) {
    return a ? mask : nullptr;
  }
  return add(
      {.kind = Kind::Moved, .op = mask->op, .operand = mask->operand, .a = a});
}

/// The mask of the result of `op`, moved to an operand.
Mask GradientMasks::moved(Operation *op, unsigned operand, Mask mask) {
  const bool isConvert = isa<nn::ConvertOp>(op);
  if (!mask || (op->hasTrait<OpTrait::Elementwise>() && !isConvert)) {
    return mask;
  }
  const bool moves =
      isConvert ||
      isa<nn::SumOp, nn::ReduceMaxOp, nn::ReduceMinOp, nn::ReshapeOp,
          nn::TransposeOp, nn::SliceOp, nn::PadOp, nn::ConcatOp>(op);
  const bool mixes = isa<nn::BroadcastOp, nn::MatmulOp>(op) ||
                     (isa<nn::ConvOp, nn::ConvInputOp>(op) && operand == 0);
  Mask left = moves ? mask : mixes ? branchesOf(mask) : nullptr;
  return left ? add({.kind = Kind::Moved,
                     .op = op,
                     .operand = operand,
                     .a = left})
              : nullptr;
}

Mask GradientMasks::behind(Operation *op, unsigned operand, Mask mask) {
  const bool chooses =
      isa<nn::SelectOp, nn::MaxOp, nn::MinOp, nn::ReluOp, nn::AbsOp,
          nn::ReduceMaxOp, nn::ReduceMinOp, nn::SliceOp>(op);
  Mask taken = chooses
                   ? add({.kind = Kind::Taken, .op = op, .operand = operand})
                   : nullptr;
  return both(moved(op, operand, mask), taken);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

namespace {

/// Builds the tensors of masks.
struct MaskBuilder {
  GradientBuilder b;

  Value tensorOf(Mask mask);
  Value taken(Operation *op, unsigned operand);
  Value moved(Operation *op, unsigned operand, Value mask);
  /// The largest element over all dimensions but `kept`, repeated over `type`,
  /// whose dimension `as` it becomes.
  Value spread(Value mask, int64_t kept, RankedTensorType type, int64_t as);
  Value holds(ComparePredicate predicate, Value u, double number) {
    return b.compare(predicate, u, b.constant(number, u));
  }
  Value largest(Value u, ArrayRef<int64_t> dimensions);
};

Value MaskBuilder::tensorOf(Mask mask) {
  if (mask->tensor) {
    return mask->tensor;
  }
  Value result;
  switch (mask->kind) {
  case Kind::Taken:
    result = taken(mask->op, mask->operand);
    break;
  case Kind::Both:
    result = b.mul(tensorOf(mask->a), tensorOf(mask->b));
    break;
  case Kind::Either:
    result = b.binary<nn::MaxOp>(tensorOf(mask->a), tensorOf(mask->b));
    break;
  case Kind::Moved:
    result = moved(mask->op, mask->operand, tensorOf(mask->a));
    break;
  }
  mask->tensor = result;
  return result;
}

/// The conditions of the rules of these ops.
Value MaskBuilder::taken(Operation *op, unsigned operand) {
  auto first = [&](ComparePredicate predicate) {
    Value taken = b.compare(predicate, op->getOperand(0), op->getOperand(1));
    return operand == 0 ? taken : holds(ComparePredicate::equal, taken, 0);
  };
  auto extreme = [&](ArrayRef<int64_t> dimensions) {
    Value u = op->getOperand(0);
    Value y = b.repeat(op->getResult(0), dimensions, tensorType(u));
    return b.compare(ComparePredicate::equal, u, y);
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](nn::SelectOp select) {
        return holds(operand == 1 ? ComparePredicate::not_equal
                                  : ComparePredicate::equal,
                     select.getCondition(), 0);
      })
      .Case([&](nn::MaxOp) { return first(ComparePredicate::greater_equal); })
      .Case([&](nn::MinOp) { return first(ComparePredicate::less_equal); })
      .Case([&](nn::ReluOp relu) {
        return holds(ComparePredicate::greater, relu.getResult(), 0);
      })
      .Case([&](nn::AbsOp abs) {
        return holds(ComparePredicate::not_equal, abs.getOperand(), 0);
      })
      .Case([&](nn::ReduceMaxOp max) { return extreme(max.getDimensions()); })
      .Case([&](nn::ReduceMinOp min) { return extreme(min.getDimensions()); })
      .Case([&](nn::SliceOp slice) {
        return moved(slice, 0, b.constant(1, slice.getResult()));
      })
      .DefaultUnreachable("an op that takes all of its operands");
}

Value MaskBuilder::largest(Value u, ArrayRef<int64_t> dimensions) {
  if (dimensions.empty()) {
    return u;
  }
  RankedTensorType type = tensorType(u);
  SmallVector<int64_t> left;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!llvm::is_contained(dimensions, i)) {
      left.push_back(type.getDimSize(i));
    }
  }
  return nn::ReduceMaxOp::create(b.below(), type.clone(left), u, dimensions);
}

Value MaskBuilder::spread(Value mask, int64_t kept, RankedTensorType type,
                          int64_t as) {
  SmallVector<int64_t> others;
  for (int64_t i = 0; i < tensorType(mask).getRank(); ++i) {
    if (i != kept) {
      others.push_back(i);
    }
  }
  return nn::BroadcastOp::create(b.below(), type, largest(mask, others),
                                 ArrayRef<int64_t>{as});
}

/// As the rules move gradients, sums being largest elements.
Value MaskBuilder::moved(Operation *op, unsigned operand, Value mask) {
  RankedTensorType type = tensorType(op->getOperand(operand));
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<nn::SumOp, nn::ReduceMaxOp, nn::ReduceMinOp>([&](auto reduction) {
        return b.repeat(mask, reduction.getDimensions(), type);
      })
      .Case([&](nn::ConvertOp) {
        return nn::ConvertOp::create(b.below(), type, mask).getResult();
      })
      .Case([&](nn::ReshapeOp) { return b.reshape(mask, type); })
      .Case([&](nn::TransposeOp transpose) {
        SmallVector<int64_t> inverse(type.getRank());
        for (auto [i, from] : llvm::enumerate(transpose.getPermutation())) {
          inverse[from] = static_cast<int64_t>(i);
        }
        return nn::TransposeOp::create(b.below(), type, mask, inverse)
            .getResult();
      })
      .Case([&](nn::SliceOp slice) {
        const int64_t behind = type.getDimSize(slice.getDimension()) -
                               static_cast<int64_t>(slice.getEnd());
        return nn::PadOp::create(b.below(), type, mask, slice.getDimension(),
                                 slice.getBegin(), behind)
            .getResult();
      })
      .Case([&](nn::PadOp pad) {
        const int64_t d = pad.getDimension(), low = pad.getLow();
        return b.slice(mask, d, low, low + type.getDimSize(d));
      })
      .Case([&](nn::ConcatOp concat) {
        const int64_t d = concat.getDimension();
        const int64_t begin =
            operand == 0 ? 0 : tensorType(concat.getLhs()).getDimSize(d);
        return b.slice(mask, d, begin, begin + type.getDimSize(d));
      })
      .Case([&](nn::BroadcastOp broadcast) {
        SmallVector<int64_t> repeated;
        for (int64_t i = 0; i < tensorType(mask).getRank(); ++i) {
          if (!llvm::is_contained(broadcast.getDimensions(), i)) {
            repeated.push_back(i);
          }
        }
        return largest(mask, repeated);
      })
      .Case([&](nn::MatmulOp product) {
        const bool isTurned =
            operand == 0 ? product.getTransposeA() : !product.getTransposeB();
        return spread(mask, operand, type, isTurned ? 1 : 0);
      })
      .Case<nn::ConvOp, nn::ConvInputOp>(
          [&](auto) { return spread(mask, 0, type, 0); })
      .DefaultUnreachable("an op that moves no mask");
}

} // namespace

Value autodiff::masked(ImplicitLocOpBuilder &builder, Mask mask, Value value) {
  MaskBuilder masks{GradientBuilder(builder)};
  Value tensor = masks.tensorOf(mask);
  return masks.b.select(tensor, value, masks.b.constant(0, value));
}
