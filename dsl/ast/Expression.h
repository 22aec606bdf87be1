//===- Expression.h - expressions of the syntax tree ------------*- C++ -*-===//
//
// Operators, calls, pipes and the few forms that stand only in arguments
// (`0 -> 1`, `over 10 epochs`, `0 as m`).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_AST_EXPRESSION_H
#define GMC_DSL_AST_EXPRESSION_H

#include "dsl/ast/Node.h"

namespace gmc::dsl::ast {

/// `20`, `1e-3`, `10%`.
struct NumberExpr : ExprNode<ExprKind::Number> {
  using ExprNode::ExprNode;
  double value = 0;     ///< `10%` is 0.1
  bool integer = false; ///< written without point, exponent or percent; then
                        ///< |value| <= 2^53, so that it is exact
  bool percent = false;
  std::string text; ///< as written, without the `%`
};

/// `"fashion-mnist"`.
struct StringExpr : ExprNode<ExprKind::String> {
  using ExprNode::ExprNode;
  std::string value; ///< escapes undone
  std::string text;  ///< as written, with the quotes
};

/// A name; in an argument also a symbol (`pad: same`), then maybe a reserved
/// word.
struct NameExpr : ExprNode<ExprKind::Name> {
  using ExprNode::ExprNode;
  std::string text;
};

/// `object.member`.
struct MemberExpr : ExprNode<ExprKind::Member> {
  using ExprNode::ExprNode;
  ExprPtr object;
  Name member;
};

/// One argument of a call: `e`, `label: e`, or with a word in front of it
/// (`over 10 epochs`, `from 5 epochs`, `each epoch`).
struct Argument {
  std::optional<Name> label;
  bool worded = false; ///< the label stands without a colon
  ExprPtr value;
  SourceRange range;      ///< label included
  bool onNewLine = false; ///< for the printer
};

/// `callee(arguments) as name : attribute`.
struct CallExpr : ExprNode<ExprKind::Call> {
  using ExprNode::ExprNode;
  ExprPtr callee;
  std::vector<Argument> arguments;
  SourceRange parentheses;     ///< `(` to `)`
  bool closeOnNewLine = false; ///< for the printer
  std::optional<Name> name;    ///< `as fc1`
  ExprPtr attribute;           ///< `: spectral_norm`; a name or call, or null
};

/// One place in brackets.
struct IndexItem {
  enum class Kind : uint8_t {
    At,    ///< `i`: begin
    Slice, ///< `begin:end`, either may be null
    New,   ///< `new`
  } kind = Kind::At;
  ExprPtr begin;
  ExprPtr end;
  SourceRange range;
};

/// `object[items]`.
struct IndexExpr : ExprNode<ExprKind::Index> {
  using ExprNode::ExprNode;
  ExprPtr object;
  std::vector<IndexItem> items;
  SourceRange brackets; ///< `[` to `]`
};

enum class UnaryOp : uint8_t { Negate, Not };

struct UnaryExpr : ExprNode<ExprKind::Unary> {
  using ExprNode::ExprNode;
  UnaryOp op = UnaryOp::Negate;
  SourceRange opRange;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t {
  Or,
  And,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Add,
  Subtract,
  Multiply,
  Divide,
  Matmul,
  Modulo,
  Power,
};

/// Returns `op` as written: "<=".
const char *spellingOf(BinaryOp op);

/// Where a line ends around an operator; for the printer.
enum class LineBreak : uint8_t { None, BeforeOperator, AfterOperator };

struct BinaryExpr : ExprNode<ExprKind::Binary> {
  using ExprNode::ExprNode;
  BinaryOp op = BinaryOp::Add;
  SourceRange opRange;
  ExprPtr left;
  ExprPtr right;
  LineBreak lineBreak = LineBreak::None;
};

/// `if condition then thenValue else elseValue`.
struct IfExpr : ExprNode<ExprKind::If> {
  using ExprNode::ExprNode;
  ExprPtr condition;
  ExprPtr thenValue;
  ExprPtr elseValue;
};

/// `stages[0] |> stages[1] |> ..`, two stages or more. In a net stages[0] is a
/// value; in the body of a block without `of`, of a repeat and a skip it is the
/// first layer. A body of one layer is no pipe.
struct PipeExpr : ExprNode<ExprKind::Pipe> {
  using ExprNode::ExprNode;
  std::vector<ExprPtr> stages;
  std::vector<bool> onNewLine; ///< one a stage: its `|>` begins a line
};

/// `element for variable in source`.
struct ComprehensionExpr : ExprNode<ExprKind::Comprehension> {
  using ExprNode::ExprNode;
  ExprPtr element;
  Name variable;
  ExprPtr source;
};

/// `from..to` or `from..<to`.
struct SpanExpr : ExprNode<ExprKind::Span> {
  using ExprNode::ExprNode;
  ExprPtr from;
  ExprPtr to;
  bool exclusive = false; ///< `..<`
};

/// `from -> to`, in an argument.
struct ArrowExpr : ExprNode<ExprKind::Arrow> {
  using ExprNode::ExprNode;
  ExprPtr from;
  ExprPtr to;
};

/// `(a, b)`, two elements or more.
struct TupleExpr : ExprNode<ExprKind::Tuple> {
  using ExprNode::ExprNode;
  std::vector<ExprPtr> elements;
};

/// `[a, b]`.
struct ListExpr : ExprNode<ExprKind::List> {
  using ExprNode::ExprNode;
  std::vector<ExprPtr> elements;
};

/// `operand as name` where the operand is no call (CallExpr::name is for
/// those).
struct AsExpr : ExprNode<ExprKind::As> {
  using ExprNode::ExprNode;
  ExprPtr operand;
  Name name;
};

enum class DurationUnit : uint8_t { Rounds, Epochs, Examples };

/// `count epochs of stream`.
struct DurationExpr : ExprNode<ExprKind::Duration> {
  using ExprNode::ExprNode;
  ExprPtr count;
  DurationUnit unit = DurationUnit::Epochs;
  SourceRange unitRange;
  bool singular = false; ///< written `epoch`; for the printer
  std::optional<Name> stream;
};

/// `value at time`, in an argument.
struct AtTimeExpr : ExprNode<ExprKind::AtTime> {
  using ExprNode::ExprNode;
  ExprPtr value;
  std::unique_ptr<DurationExpr> time;
};

/// `repeat count { layers }` or `repeat variable in list { layers }`.
struct RepeatExpr : ExprNode<ExprKind::Repeat> {
  using ExprNode::ExprNode;
  std::optional<Name> variable;
  ExprPtr count; ///< the list, with a variable
  ExprPtr layers;
};

/// `skip { layers }`.
struct SkipExpr : ExprNode<ExprKind::Skip> {
  using ExprNode::ExprNode;
  ExprPtr layers;
};

/// What could not be read; an error has been reported.
struct ErrorExpr : ExprNode<ExprKind::Error> {
  using ExprNode::ExprNode;
};

/// `f32[latent]`, `image[1,28,28]`, `map`.
struct TypeExpr {
  Name name;
  std::vector<ExprPtr> dims;
  SourceRange range;
};

/// What follows `in`: the values a field may take.
struct ValueRange {
  enum class Kind : uint8_t {
    Set,      ///< `{0,1}`: elements
    Interval, ///< `[-1,1]`: two elements
    Span,     ///< `0..<V`: one element, a SpanExpr
  } kind = Kind::Interval;
  std::vector<ExprPtr> elements;
  SourceRange range;
};

/// `x: image[1,28,28] in [0,1]`. A net's only output may lack the name.
struct Field {
  std::optional<Name> name;
  TypeExpr type;
  std::optional<ValueRange> values;
  SourceRange range;
};

} // namespace gmc::dsl::ast

#endif // GMC_DSL_AST_EXPRESSION_H
