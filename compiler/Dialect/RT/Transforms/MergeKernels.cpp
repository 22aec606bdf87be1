//===- MergeKernels.cpp - one kernel for all that are equal ---------------===//
//
// LLVM merges equal functions as well, but only after each has been scheduled
// and lowered: of the 3751 kernels of models/text_vae.gm, whose recurrences are
// unrolled, 387 differ.
//
//===----------------------------------------------------------------------===//
#include "compiler/Dialect/RT/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OperationSupport.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace gmc::rt {

#define GEN_PASS_DEF_MERGEKERNELSPASS
#include "compiler/Dialect/RT/Transforms/Passes.h.inc"

namespace {

/// Functions as elements of a set, equal when only name and location differ.
struct ByMeaning : llvm::DenseMapInfo<func::FuncOp> {
  static constexpr OperationEquivalence::Flags flags =
      OperationEquivalence::IgnoreLocations;

  static DictionaryAttr attributesOf(func::FuncOp function) {
    NamedAttrList attributes(function->getAttrDictionary());
    attributes.erase(function.getSymNameAttrName());
    return attributes.getDictionary(function.getContext());
  }

  static unsigned getHashValue(func::FuncOp function) {
    llvm::hash_code hash = hash_value(Attribute(attributesOf(function)));
    function.getBody().walk([&](Operation *op) {
      hash = llvm::hash_combine(
          hash, OperationEquivalence::computeHash(
                    op, OperationEquivalence::ignoreHashValue,
                    OperationEquivalence::ignoreHashValue, flags));
    });
    return hash;
  }

  static bool isEqual(func::FuncOp one, func::FuncOp other) {
    if (one == other) {
      return true;
    }
    // Marks of empty places in the set are no functions.
    if (one == getEmptyKey() || one == getTombstoneKey() ||
        other == getEmptyKey() || other == getTombstoneKey()) {
      return false;
    }
    return attributesOf(one) == attributesOf(other) &&
           OperationEquivalence::isRegionEquivalentTo(&one.getBody(),
                                                      &other.getBody(), flags);
  }
};

struct MergeKernels : impl::MergeKernelsPassBase<MergeKernels> {
  void runOnOperation() override {
    llvm::DenseSet<func::FuncOp, ByMeaning> different;
    llvm::DenseMap<StringAttr, FlatSymbolRefAttr> firstOf;
    SmallVector<func::FuncOp> others;
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      auto [first, isNew] = different.insert(kernel);
      if (!isNew && kernel.isPrivate()) {
        firstOf[kernel.getSymNameAttr()] =
            FlatSymbolRefAttr::get(first->getSymNameAttr());
        others.push_back(kernel);
      }
    }
    getOperation().walk([&](LaunchOp launch) {
      auto found = firstOf.find(launch.getKernelAttr().getAttr());
      if (found != firstOf.end()) {
        launch.setKernelAttr(found->second);
      }
    });
    for (func::FuncOp kernel : others) {
      kernel.erase();
    }
  }
};

} // namespace
} // namespace gmc::rt
