//===- Module.h - what a whole file declares --------------------*- C++ -*-===//
//
// The tables that the elaboration of all bodies shares: names of the file,
// instances of nets and their parameters, run-time scalars, who uses what.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_MODULE_H
#define GMC_DSL_SEMA_MODULE_H

#include "dsl/sema/Sema.h"
#include "dsl/sema/Value.h"

#include <deque>
#include <map>
#include <set>

namespace gmc::dsl {

/// A net, one of the instances that `use` makes of it, or a layer that `use`
/// names outside of nets.
struct Instance {
  enum class State : uint8_t { Unchecked, Busy, Ready, Failed };
  std::string name;
  const ast::NetDecl *net = nullptr; ///< null: a layer
  const ast::Expr *layer = nullptr; ///< `linear(8)`; its calls make its weights
  SourceRange where;
  State state = State::Unchecked;
  bool trained = false;                ///< stands in some `over`
  const Instance *averageOf = nullptr; ///< of an `ema`: the averaged net
  const ast::EmaDecl *ema = nullptr;
  bool frozen = false; ///< of weights that are read and not trained
};

/// A name of the file that is a value.
struct FileValue {
  enum class Kind : uint8_t {
    Const,
    Hyper,
    Let,
    Param,
    State,
    Data,
    Opt,
    Pool
  };
  Kind kind = Kind::Const;
  const ast::Expr *expr = nullptr; ///< Const, Hyper, Let; Opt: its call
  SourceRange range;
  /// Hyper: scalar; Param, State: parameter; Data: data set; Pool: pool.
  /// Nothing before it is entered there.
  std::optional<uint32_t> index;
  std::optional<double> number; ///< Const, once evaluated
  bool failed = false;
  bool trained = false; ///< Param
  bool whole = false;   ///< Const, Hyper: declared `int`
};

/// A name of the file that is called.
struct FileFunction {
  /// Broken: reported already; its calls are errors in silence.
  enum class Kind : uint8_t { Def, Net, Block, Step, Proc, Broken };
  Kind kind = Kind::Def;
  const ast::Decl *decl = nullptr;
  Instance *instance = nullptr; ///< Net; null for a template of `use`
  SourceRange range;
};

/// A rule of `init`: what a layer's parameter starts from.
struct InitialRule {
  Initial value;
  SourceRange range;
  bool used = false;
  /// `weight = xavier`: the word or call, whose value hangs on the shape.
  const ast::Expr *named = nullptr;
};

/// A value that a turn of `train` gives.
struct TurnValue {
  Type type;
  const Field *field = nullptr; ///< of `x = next s`
  SourceRange where;
  bool failed = false; ///< its turn has been reported
};
using TurnValues = std::map<std::string, TurnValue, std::less<>>;

class Module {
public:
  Module(const ast::File &file, const SourceFile &source,
         const Options &options, DiagnosticEngine &diagnostics);

  const ast::File &file;
  const SourceFile &source;
  const Options &options;
  DiagnosticEngine &diagnostics;
  Program program;
  std::vector<Pool> pools; ///< of the text; FileValue::index

  std::map<std::string, FileValue, std::less<>> values;
  std::map<std::string, FileFunction, std::less<>> functions;
  std::deque<Instance> instances;
  /// By "linear.weight".
  std::map<std::string, InitialRule, std::less<>> initialRules;
  /// Names that turns of `train` gave, and where.
  std::map<std::string, SourceRange, std::less<>> turnResults;
  /// By the name of a step: what is done before it runs first.
  std::map<std::string, const ast::AtDecl *, std::less<>> starts;
  std::vector<int64_t> trainBatches; ///< of each `train`
  /// What a net is checked with by itself: a multiple of all of these, so that
  /// groups that divide one of them do not fail there.
  int64_t netBatch = 1;
  /// Of each `train`: the values that every round gives.
  std::vector<TurnValues> turnValues;
  /// Names being evaluated, outermost first; what finds cycles.
  std::vector<std::pair<std::string, SourceRange>> open;
  /// The stream whose epochs a duration counts that names none.
  std::optional<std::string> epochStream;
  /// Of clocks, by their scalars: the times at which schedules turn.
  std::map<uint32_t, std::set<double>> turningTimes;
  /// The data sets whose epochs some `train` lasts for, as they say.
  std::set<std::string> epochOwners;
  std::set<std::string> drawnStreams; ///< "fashion.train": turns draw from it

  template <typename... Args>
  DiagnosticBuilder report(Diag diag, SourceRange range, const Args &...args) {
    return diagnostics.report(diag, range, args...);
  }

  /// Remembers a declared name; one that nothing uses is an error at the end.
  void declare(const ast::Name &name, std::string what);
  void use(SourceRange declared) { used.insert(declared.begin); }
  /// Whether it was used since it was last forgotten.
  bool isUsed(SourceRange declared) const { return used.count(declared.begin); }
  void forgetUse(SourceRange declared) { used.erase(declared.begin); }
  void reportUnused();

  /// Enters the declarations of the file into the tables.
  void collect();
  /// Creates the file's params and reads its `init` rules; needs the consts.
  void collectParams();
  /// Checks every net that is no template, in text order, so that parameters
  /// stand in that order.
  void checkNets();
  /// Elaborates `instance` once by itself: creates its parameters and reports
  /// its errors. Returns false when it has any.
  bool ensureChecked(Instance &instance, SourceRange use);

  /// Returns the number that `expr`, made of constants, is. Reports otherwise.
  std::optional<double> evaluateConstant(const ast::Expr &expr);
  std::optional<int64_t> evaluateInteger(const ast::Expr &expr,
                                         const char *what);
  std::optional<double> constant(const std::string &name, FileValue &value);
  /// Returns the scalar of a hyper, entered where this is the first time; a
  /// hyper that needs itself is reported.
  std::optional<uint32_t> hyper(const std::string &name, FileValue &value,
                                SourceRange range);
  /// Returns the data set behind a name of the file, or null before it is
  /// entered.
  const Dataset *datasetOf(const FileValue &value) const;
  /// Returns the name of the data set that `field` is in; "" where it is in
  /// none.
  std::string datasetWith(const Field *field) const;
  /// Reports a number that is not whole where `value` is declared `int`.
  bool isOfType(const std::string &name, const FileValue &value, double number);

  /// Reports a cycle when `name` is open already; otherwise opens it.
  bool enter(const std::string &name, SourceRange range, SourceRange use);
  void leave() { open.pop_back(); }
  /// Counts a call; reports and returns false when the text writes out more
  /// than any real model does.
  bool countCall(SourceRange range);

  /// Returns the stream, "fashion.train", whose epochs `duration` counts.
  std::optional<std::string> streamOf(const ast::DurationExpr &duration);

  /// Returns the index of a scalar, entered when it is new.
  uint32_t scalar(Scalar scalar);
  /// Returns the index of the parameter `name`, created when it is new.
  uint32_t parameter(Parameter parameter);
  std::optional<uint32_t> findParameter(std::string_view name) const;
  /// Indices of what a net, instance or param owns.
  std::vector<uint32_t> parametersOf(std::string_view network) const;

  /// Returns "did you mean `x`?", or nothing.
  std::optional<std::string>
  nearest(std::string_view name, const std::vector<std::string> &names) const;

private:
  struct Declared {
    std::string name, what;
    SourceRange range;
  };
  void collectValue(const ast::ValueDecl &decl);
  void readValueType(const ast::Binding &binding, FileValue &value);
  void addBroken(const ast::Name &name);
  void collectUse(const ast::UseDecl &decl);
  void collectImport(const ast::NetImportDecl &decl);
  const ast::NetDecl *findNet(const std::string &name, SourceRange range);
  void collectStart(const ast::AtDecl &decl);
  void collectEma(const ast::EmaDecl &decl);
  void collectPool(const ast::PoolDecl::Item &item);
  void collectParam(const ast::ParamDecl &decl);
  void collectInit(const ast::InitDecl &decl);
  void addValue(const ast::Name &name, FileValue value, const char *what);
  void addFunction(const ast::Name &name, FileFunction function,
                   const char *what);

  unsigned long calls = 0;
  std::vector<Declared> declared;
  std::set<uint32_t> used;
  std::map<std::string, uint32_t, std::less<>> parameterIndex;
};

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_MODULE_H
