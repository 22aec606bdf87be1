//===- Node.h - what all nodes of the syntax tree share ---------*- C++ -*-===//
//
// The tree owns its children (std::unique_ptr). A node of a family carries its
// kind; `switch (node.kind)` and `as<CallExpr>(node)` are the two ways in.
// Nothing here is resolved or checked: the tree is the text.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_NODE_H
#define GMC_DSL_AST_NODE_H

#include "dsl/base/SourceRange.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gmc::dsl::ast {

enum class ExprKind : uint8_t {
#define GMC_EXPR(Name) Name,
#include "dsl/ast/nodes.def"
};
enum class StmtKind : uint8_t {
#define GMC_STMT(Name) Name,
#include "dsl/ast/nodes.def"
};
enum class TurnKind : uint8_t {
#define GMC_TURN(Name) Name,
#include "dsl/ast/nodes.def"
};
enum class DeclKind : uint8_t {
#define GMC_DECL(Name) Name,
#include "dsl/ast/nodes.def"
};

/// A name where it is written. An empty text: it was missing (an error has
/// been reported).
struct Name {
  std::string text;
  SourceRange range;
};

/// `fashion.train`.
struct Path {
  std::vector<Name> parts;
  SourceRange range;
};

/// How a statement, turn or declaration stands among its neighbours; for the
/// printer only.
struct Placement {
  bool blankBefore = false; ///< a blank line (or more) stands before it
  bool joined = false;      ///< on one line with what comes before it
};

struct Expr {
  const ExprKind kind;
  SourceRange range;          ///< without the parentheses around it
  bool parenthesized = false; ///< written in parentheses of its own
  uint16_t height = 1;        ///< of the tree below; the parser limits it

  virtual ~Expr() = default;
  Expr(const Expr &) = delete;
  Expr &operator=(const Expr &) = delete;

protected:
  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
};

struct Stmt {
  const StmtKind kind;
  SourceRange range;
  Placement placement;

  virtual ~Stmt() = default;
  Stmt(const Stmt &) = delete;
  Stmt &operator=(const Stmt &) = delete;

protected:
  Stmt(StmtKind kind, SourceRange range) : kind(kind), range(range) {}
};

struct Turn {
  const TurnKind kind;
  SourceRange range;
  Placement placement;

  virtual ~Turn() = default;
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;

protected:
  Turn(TurnKind kind, SourceRange range) : kind(kind), range(range) {}
};

struct Decl {
  const DeclKind kind;
  SourceRange range;
  Placement placement;

  virtual ~Decl() = default;
  Decl(const Decl &) = delete;
  Decl &operator=(const Decl &) = delete;

protected:
  Decl(DeclKind kind, SourceRange range) : kind(kind), range(range) {}
};

/// A child that the grammar demands is never null after parsing: where the
/// text could not be read it is an ErrorExpr.
using ExprPtr = std::unique_ptr<Expr>;
using StmtPtr = std::unique_ptr<Stmt>;
using TurnPtr = std::unique_ptr<Turn>;
using DeclPtr = std::unique_ptr<Decl>;

/// A base for each kind: fixes `kind` and the way to construct.
template <ExprKind K> struct ExprNode : Expr {
  static constexpr ExprKind nodeKind = K;
  explicit ExprNode(SourceRange range) : Expr(K, range) {}
};
template <StmtKind K> struct StmtNode : Stmt {
  static constexpr StmtKind nodeKind = K;
  explicit StmtNode(SourceRange range) : Stmt(K, range) {}
};
template <TurnKind K> struct TurnNode : Turn {
  static constexpr TurnKind nodeKind = K;
  explicit TurnNode(SourceRange range) : Turn(K, range) {}
};
template <DeclKind K> struct DeclNode : Decl {
  static constexpr DeclKind nodeKind = K;
  explicit DeclNode(SourceRange range) : Decl(K, range) {}
};

/// Returns `node` as a T, or null when it is of another kind.
template <typename T, typename Base> const T *as(const Base &node) {
  return node.kind == T::nodeKind ? static_cast<const T *>(&node) : nullptr;
}
template <typename T, typename Base>
const T *as(const std::unique_ptr<Base> &node) {
  return node ? as<T>(*node) : nullptr;
}

/// Returns `node` as the T that its kind says it is.
template <typename T, typename Base> const T &cast(const Base &node) {
  assert(node.kind == T::nodeKind && "a node of another kind");
  return static_cast<const T &>(node);
}

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_NODE_H
