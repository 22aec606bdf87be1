//===- BodyImporter.h - nodes of one body become nn ops ---------*- C++ -*-===//
#ifndef GMC_COMPILER_IMPORT_BODYIMPORTER_H
#define GMC_COMPILER_IMPORT_BODYIMPORTER_H

#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "dsl/base/SourceFile.h"
#include "dsl/program/Program.h"

#include "mlir/IR/Builders.h"

#include "llvm/ADT/DenseMap.h"

namespace gmc::import {

/// Writes the nodes of a body into a block, at the builder's place.
class BodyImporter {
public:
  /// `arguments` are the block's; `real` is the tensors' element type.
  BodyImporter(const dsl::Program &program, const dsl::SourceFile &source,
               const dsl::Body &body, mlir::ValueRange arguments,
               mlir::FloatType real, mlir::OpBuilder &builder);

  /// Writes every node.
  void importNodes();

  /// Returns node `id` as a tensor of the model's element type.
  mlir::Value real(dsl::ValueId id);
  /// Returns node `id`, a single number, in f64 where that is exact: the f64
  /// value of a scalar node, else the converted value.
  mlir::Value scalar(dsl::ValueId id);

  mlir::Location location(dsl::SourceRange range,
                          llvm::StringRef name = "") const;

private:
  mlir::Value importNode(dsl::ValueId id);
  mlir::Value importLeaf(const dsl::Node &node, mlir::RankedTensorType type);
  mlir::Value importShape(const dsl::Node &node, mlir::RankedTensorType type);
  mlir::Value importConvolution(const dsl::Node &node,
                                mlir::RankedTensorType type);
  mlir::Value importPointwise(const dsl::Node &node,
                              llvm::ArrayRef<mlir::Value> operands,
                              mlir::RankedTensorType type);
  mlir::Value convert(mlir::Value value, mlir::FloatType element);
  int64_t weightBehind(dsl::ValueId id) const;
  nn::UseAttr useOf(const dsl::Node &node);

  const dsl::Program &program;
  const dsl::SourceFile &source;
  const dsl::Body &body;
  mlir::ValueRange arguments;
  mlir::FloatType realType;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  std::vector<mlir::Value> values;
  /// Nodes that depend on scalars and constants alone, and are single numbers.
  std::vector<bool> fromScalars;
  llvm::DenseMap<mlir::Value, mlir::Value> converted;
  llvm::DenseMap<int64_t, int64_t> calls; ///< of each weight so far
  /// Of each node, the first one of the same value: a value that a text names
  /// twice is computed once, by one call.
  const std::vector<dsl::ValueId> firstLike;
  llvm::DenseMap<dsl::ValueId, nn::UseAttr> uses; ///< of the first of its kind
};

} // namespace gmc::import

#endif // GMC_COMPILER_IMPORT_BODYIMPORTER_H
