//===- Statement.h - statements of bodies -----------------------*- C++ -*-===//
//
// The lines of nets, blocks, defs, steps and procedures.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_STATEMENT_H
#define GMC_DSL_AST_STATEMENT_H

#include "dsl/ast/Expression.h"

namespace gmc::dsl::ast {

/// `{ statements }`. Its value is its last statement when that is an
/// ExpressionStmt.
struct Body {
  std::vector<StmtPtr> statements;
  SourceRange range;    ///< with the braces
  bool oneLine = false; ///< written on one line; for the printer
};

/// `names = value`.
struct AssignStmt : StmtNode<StmtKind::Assign> {
  using StmtNode::StmtNode;
  std::vector<Name> names;
  ExprPtr value;
};

/// `names <- value`.
struct UpdateStmt : StmtNode<StmtKind::Update> {
  using StmtNode::StmtNode;
  std::vector<Name> names;
  ExprPtr value;
};

/// What `param` and `state` declare.
struct ParamSpec {
  enum class Start : uint8_t { Default, Value, Draw } start = Start::Default;
  bool state = false; ///< `state`, not `param`
  Name name;
  TypeExpr type;
  ExprPtr initial; ///< null with Start::Default
};

/// `param w : f32[n,d] ~ Normal(0, 0.02)` in a net.
struct ParamStmt : StmtNode<StmtKind::Param> {
  using StmtNode::StmtNode;
  ParamSpec spec;
};

/// `use cell : gru(H)` in a net.
struct UseStmt : StmtNode<StmtKind::Use> {
  using StmtNode::StmtNode;
  std::vector<Name> names;
  ExprPtr target; ///< a name or a call
};

/// `z[k: 50] ~ D like v via q by gumbel(tau) mask m`.
struct DrawStmt : StmtNode<StmtKind::Draw> {
  using StmtNode::StmtNode;
  bool observe = false;
  Name name;
  std::optional<Name> axis; ///< `k`
  ExprPtr axisLength;       ///< `50`, null without an axis
  ExprPtr distribution;
  ExprPtr like; ///< or null
  bool once = false;
  ExprPtr via;       ///< or null
  ExprPtr estimator; ///< after `by`: a name or a call, or null
  ExprPtr mask;      ///< or null
};

/// What may follow an optimiser.
struct MinimizeClause {
  enum class Kind : uint8_t { Clip, Keep, When } kind = Kind::Clip;
  ExprPtr value;                  ///< Clip, When
  std::optional<ValueRange> keep; ///< Keep
  SourceRange range;
};

/// `minimize L over N using adam(lr), clip 5.0`.
struct MinimizeStmt : StmtNode<StmtKind::Minimize> {
  using StmtNode::StmtNode;
  bool maximize = false;
  ExprPtr objective;
  std::vector<Name> over;
  ExprPtr optimizer; ///< a name or a call
  std::vector<MinimizeClause> clauses;
};

/// `emit grid(x)`.
struct EmitStmt : StmtNode<StmtKind::Emit> {
  using StmtNode::StmtNode;
  ExprPtr call;
};

/// `yield e`, in a scan.
struct YieldStmt : StmtNode<StmtKind::Yield> {
  using StmtNode::StmtNode;
  ExprPtr value;
};

struct ExpressionStmt : StmtNode<StmtKind::Expression> {
  using StmtNode::StmtNode;
  ExprPtr value;
};

/// `NAME : type = value`.
struct Binding {
  Name name;
  std::optional<TypeExpr> type;
  ExprPtr value;
  SourceRange range;
};

/// `scan t in 0..<T carry h = h0 { .. }`.
struct ScanExpr : ExprNode<ExprKind::Scan> {
  using ExprNode::ExprNode;
  Name variable;
  ExprPtr source;
  std::vector<Binding> carry;
  Body body;
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_STATEMENT_H
