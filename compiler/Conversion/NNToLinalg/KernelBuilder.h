//===- KernelBuilder.h - a kernel function in the making --------*- C++ -*-===//
//
// Internal to NNToLinalg. Collects the nn values that a kernel reads, makes
// the function, and knows which memref stands for which value.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CONVERSION_NNTOLINALG_KERNELBUILDER_H
#define GMC_CONVERSION_NNTOLINALG_KERNELBUILDER_H

#include "compiler/Conversion/NNToLinalg/Kernel.h"
#include "compiler/Conversion/NNToLinalg/ScalarBody.h"

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace gmc::conversion {

/// A value read under a map from the loops' dimensions to its own.
using Access = std::pair<mlir::Value, mlir::AffineMap>;

/// Ops that are computed together: those inside an nn.fused, or a single one.
struct Group {
  llvm::SmallPtrSet<mlir::Operation *, 16> ops;
  /// Outside value of each block argument of an nn.fused.
  llvm::DenseMap<mlir::Value, mlir::Value> outside;

  mlir::Value resolve(mlir::Value value) const {
    auto it = outside.find(value);
    return it == outside.end() ? value : it->second;
  }
};

/// Returns the memref type of an nn value.
mlir::MemRefType memrefOf(mlir::Value value);

/// Makes the function of a kernel; arguments are inputs, key words, outputs.
class KernelBuilder {
public:
  KernelBuilder(mlir::OpBuilder &outer, mlir::Location loc,
                llvm::StringRef name, llvm::ArrayRef<mlir::Value> inputs,
                bool draws, llvm::ArrayRef<mlir::Value> outputs);

  mlir::OpBuilder &body() { return inner; }
  mlir::Location location() const { return loc; }
  mlir::Value memref(mlir::Value input) const { return memrefs.lookup(input); }
  mlir::Value output(unsigned i) const;
  mlir::ValueRange keyWords() const;
  /// Ends the function; more may be said of the kernel afterwards.
  Kernel finish();

private:
  mlir::Location loc;
  mlir::OpBuilder inner;
  Kernel kernel;
  mlir::Block *block = nullptr;
  llvm::DenseMap<mlir::Value, mlir::Value> memrefs;
};

/// Computes values of a group inside the body of one linalg.generic.
class ElementBuilder {
public:
  explicit ElementBuilder(const Group &group) : group(group) {}

  /// Notes what element `value` under `map` reads: accesses() grows.
  void collect(mlir::Value value, mlir::AffineMap map);
  llvm::ArrayRef<Access> accesses() const { return leaves.getArrayRef(); }
  bool draws() const { return needsKey; }
  /// Returns whether elements differ along loop `dimension`.
  bool readsAlong(unsigned dimension) const;

  /// Returns the element in the body; `leafValues` stand for accesses().
  mlir::Value build(mlir::OpBuilder &builder, mlir::Value value,
                    mlir::AffineMap map,
                    llvm::ArrayRef<mlir::Value> leafValues,
                    const KeyWords &key);

private:
  mlir::AffineMap operandMap(mlir::Operation *op, mlir::AffineMap map) const;
  mlir::Operation *inside(mlir::Value value) const;

  const Group &group;
  llvm::SetVector<Access> leaves;
  llvm::DenseMap<Access, mlir::Value> built;
  llvm::DenseSet<Access> seen;
  llvm::SmallDenseSet<unsigned> counted; ///< loops that an nn.iota counts
  bool needsKey = false;
};

/// Appends the kernel of element-by-element values of a group, all of one
/// shape; `outputs` are the names of `values` outside the group.
void buildPointwise(mlir::OpBuilder &builder, mlir::Location loc,
                    const Group &group, llvm::ArrayRef<mlir::Value> values,
                    llvm::ArrayRef<mlir::Value> outputs, llvm::StringRef name,
                    llvm::SmallVectorImpl<Kernel> &kernels);

/// Appends the kernel of one reduction op of a group.
void buildReduction(mlir::OpBuilder &builder, const Group &group,
                    mlir::Operation *op, mlir::Value output,
                    llvm::StringRef name,
                    llvm::SmallVectorImpl<Kernel> &kernels);

/// Appends the kernel of a product and the values behind it.
void buildProduct(mlir::OpBuilder &builder, const Group &group,
                  mlir::Operation *matmul, llvm::ArrayRef<mlir::Value> values,
                  llvm::ArrayRef<mlir::Value> outputs, llvm::StringRef name,
                  llvm::SmallVectorImpl<Kernel> &kernels);

/// Appends the kernel of a convolution (nn.conv, nn.conv_input, nn.conv_weight)
/// and the values behind it.
void buildConvolution(mlir::OpBuilder &builder, const Group &group,
                      mlir::Operation *op, llvm::ArrayRef<mlir::Value> values,
                      llvm::ArrayRef<mlir::Value> outputs,
                      llvm::StringRef name,
                      llvm::SmallVectorImpl<Kernel> &kernels);

/// Appends the kernel of a slice, pad or concat.
void buildMove(mlir::OpBuilder &builder, mlir::Operation *op,
               llvm::StringRef name, llvm::SmallVectorImpl<Kernel> &kernels);

/// Adds a linalg.generic to the kernel that computes `values` of a group over
/// the identity map of `shape` into `destinations`. `locals` replace accesses
/// to the values that they stand for.
void addPointwise(KernelBuilder &kernel, ElementBuilder &elements,
                  llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<mlir::Value> values,
                  mlir::ValueRange destinations,
                  const llvm::DenseMap<mlir::Value, mlir::Value> &locals);

} // namespace gmc::conversion

#endif // GMC_CONVERSION_NNTOLINALG_KERNELBUILDER_H
