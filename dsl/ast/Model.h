//===- Model.h - declarations of values, data and networks ------*- C++ -*-===//
//
// Everything of a file that says what there is: knobs, data, nets, blocks,
// parameters, optimisers. Training.h says what is done with it.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_MODEL_H
#define GMC_DSL_AST_MODEL_H

#include "dsl/ast/Statement.h"

namespace gmc::dsl::ast {

/// `const a = 1, b = 2`, `hyper ..`, `let ..`.
struct ValueDecl : DeclNode<DeclKind::Value> {
  using DeclNode::DeclNode;
  enum class Form : uint8_t { Const, Hyper, Let } form = Form::Const;
  std::vector<Binding> bindings;
};

/// `y: label[10] = 3`, `x from m.test`, `s = 1`: a parameter of a def, block
/// or proc. A def has names only, `from` is for procs.
struct Parameter {
  Name name;
  std::optional<TypeExpr> type;
  ExprPtr defaultValue; ///< or null
  std::optional<Path> from;
  SourceRange range;
};

/// `def f(u) = value` or `def f(u) { .. }`.
struct DefDecl : DeclNode<DeclKind::Def> {
  using DeclNode::DeclNode;
  Name name;
  std::vector<Parameter> parameters;
  ExprPtr value;            ///< null with a body
  std::optional<Body> body; ///< nothing with a value
};

/// `data m : idx("mnist") as (x: image[1,28,28] in [0,1], y: label[10]),
/// flip(x)`.
struct DataDecl : DeclNode<DeclKind::Data> {
  using DeclNode::DeclNode;
  Name name;
  ExprPtr source;             ///< a call; null with `rest of`
  std::optional<Name> restOf; ///< `rest of l`
  bool record = false;        ///< fields in parentheses; else one without name
  std::vector<Field> fields;
  std::vector<ExprPtr> transforms; ///< names and calls
};

/// `net Enc(x: image[1,28,28]) -> mu: f32[n], logvar: f32[n] { .. }`.
struct NetDecl : DeclNode<DeclKind::Net> {
  using DeclNode::DeclNode;
  Name name;
  std::vector<Field> inputs;
  std::vector<Field> outputs; ///< one without name, or all with names
  Body body;
};

/// `net V : Classifier = weights("v.safetensors") frozen`.
struct NetImportDecl : DeclNode<DeclKind::NetImport> {
  using DeclNode::DeclNode;
  Name name;
  Name net;
  ExprPtr weights; ///< a call
  bool frozen = false;
};

/// `block cir(ch, k, s = 1) of x { .. }`.
struct BlockDecl : DeclNode<DeclKind::Block> {
  using DeclNode::DeclNode;
  Name name;
  bool hasParameters = false; ///< parentheses are written
  std::vector<Parameter> parameters;
  std::optional<Name> input; ///< `of x`
  Body body;
};

/// `use Gab, Gba : Gen`.
struct UseDecl : DeclNode<DeclKind::Use> {
  using DeclNode::DeclNode;
  std::vector<Name> names;
  ExprPtr target; ///< a name or a call
};

/// `param u : f32[500,784] ~ Normal(0.5, 0.1)`, `state k : f32 = 0`.
struct ParamDecl : DeclNode<DeclKind::Param> {
  using DeclNode::DeclNode;
  ParamSpec spec;
};

/// `opt og = adam(lr)`.
struct OptDecl : DeclNode<DeclKind::Opt> {
  using DeclNode::DeclNode;
  Name name;
  ExprPtr optimizer; ///< a call
};

/// `init conv2d, linear : weight ~ Normal(0, 0.02), bias = 0`.
struct InitDecl : DeclNode<DeclKind::Init> {
  using DeclNode::DeclNode;
  struct Rule {
    Name parameter;
    bool draw = false; ///< `~`, else `=`
    ExprPtr value;
  };
  std::vector<Name> layers;
  std::vector<Rule> rules;
};

/// `pool Pa(50, replace: 0.5), Pb(50)`.
struct PoolDecl : DeclNode<DeclKind::Pool> {
  using DeclNode::DeclNode;
  struct Item {
    Name name;
    std::vector<Argument> arguments;
  };
  std::vector<Item> pools;
};

/// `ema Gs = average of G, decay 0.999, from 1000 rounds`.
struct EmaDecl : DeclNode<DeclKind::Ema> {
  using DeclNode::DeclNode;
  Name name;
  Name of;
  ExprPtr decay;
  std::unique_ptr<DurationExpr> from; ///< or null
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_MODEL_H
