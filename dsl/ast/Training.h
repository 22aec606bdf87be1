//===- Training.h - declarations of what is done ----------------*- C++ -*-===//
//
// Steps, the train program, reports and procedures.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_TRAINING_H
#define GMC_DSL_AST_TRAINING_H

#include "dsl/ast/Model.h"

namespace gmc::dsl::ast {

/// `step critic(x) -> w { .. }`.
struct StepDecl : DeclNode<DeclKind::Step> {
  using DeclNode::DeclNode;
  Name name;
  std::vector<Name> parameters;
  std::vector<Name> outputs;
  Body body;
};

/// `model M(x, y) { .. }`.
struct ModelDecl : DeclNode<DeclKind::Model> {
  using DeclNode::DeclNode;
  Name name;
  std::vector<Name> parameters;
  Body body;
};

/// `next fashion.train`, `same fashion.train` or a value.
struct TurnArgument {
  enum class Kind : uint8_t { Value, Next, Same } kind = Kind::Value;
  ExprPtr value; ///< Value
  Path stream;   ///< Next, Same
  SourceRange range;
};

/// `{ turns }`.
struct TurnBlock {
  std::vector<TurnPtr> turns;
  SourceRange range;
  bool oneLine = false; ///< for the printer
};

/// `results = step(arguments)`.
struct CallTurn : TurnNode<TurnKind::Call> {
  using TurnNode::TurnNode;
  std::vector<Name> results;
  Name step;
  std::vector<TurnArgument> arguments;
};

/// `names = next fashion.train`.
struct DrawTurn : TurnNode<TurnKind::Draw> {
  using TurnNode::TurnNode;
  std::vector<Name> names;
  bool same = false; ///< `same`, not `next`
  Path stream;
};

/// `names <- value`.
struct UpdateTurn : TurnNode<TurnKind::Update> {
  using TurnNode::TurnNode;
  std::vector<Name> names;
  ExprPtr value;
};

/// `repeat count { .. }`.
struct RepeatTurn : TurnNode<TurnKind::Repeat> {
  using TurnNode::TurnNode;
  ExprPtr count;
  TurnBlock body;
};

/// `every period { .. }`.
struct EveryTurn : TurnNode<TurnKind::Every> {
  using TurnNode::TurnNode;
  std::unique_ptr<DurationExpr> period;
  TurnBlock body;
};

/// `when condition { .. }`.
struct WhenTurn : TurnNode<TurnKind::When> {
  using TurnNode::TurnNode;
  ExprPtr condition;
  TurnBlock body;
};

/// `train NAME { .. } for duration, batch size`.
struct TrainDecl : DeclNode<DeclKind::Train> {
  using DeclNode::DeclNode;
  std::optional<Name> name;
  TurnBlock body;
  std::unique_ptr<DurationExpr> duration;
  ExprPtr batch; ///< or null
};

/// `report elbo, kl = kl(z) of fit on fashion.test every 1 epoch`.
struct ReportDecl : DeclNode<DeclKind::Report> {
  using DeclNode::DeclNode;
  struct Item {
    std::optional<Name> name;
    ExprPtr value;
    SourceRange range;
  };
  std::vector<Item> items;
  std::optional<Name> of;              ///< the step
  std::vector<Path> on;                ///< data sets; empty without `of`
  std::unique_ptr<DurationExpr> every; ///< null: at the end
};

/// `proc sample(n = 64) batch n { .. }`.
struct ProcDecl : DeclNode<DeclKind::Proc> {
  using DeclNode::DeclNode;
  Name name;
  std::vector<Parameter> parameters;
  ExprPtr batch;
  Body body;
};

/// `at start of fit { .. }`.
struct AtDecl : DeclNode<DeclKind::At> {
  using DeclNode::DeclNode;
  Name step;
  Body body;
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_TRAINING_H
