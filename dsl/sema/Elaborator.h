//===- Elaborator.h - writes one body out -----------------------*- C++ -*-===//
//
// An abstract evaluator: it walks expressions and statements and appends core
// operations to a body. The parts are split by idea: Expressions, Statements,
// Calls, Networks, Indexing, Latents, Bounds, Objectives. The functions that a
// text can call are free functions of dsl/library that take the Elaborator
// first; what distributions can do is written there too.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_ELABORATOR_H
#define GMC_DSL_SEMA_ELABORATOR_H

#include "dsl/program/BodyBuilder.h"
#include "dsl/sema/Aims.h"
#include "dsl/sema/Distribution.h"
#include "dsl/sema/Module.h"

namespace gmc::dsl {

/// A name bound in a body.
struct Local {
  Value value;
  SourceRange declared;
};

/// A `state` of a net, within a call of it.
struct OwnState {
  uint32_t parameter = 0;
  std::optional<SourceRange> moved; ///< where this call moves it
};

/// What the lines of one turn of a `scan` leave.
struct ScanTurn {
  struct Line {
    ValueId value = 0;
    SourceRange range;
  };
  std::map<std::string, std::optional<Line>> carries; ///< what `<-` gave them
  std::optional<Line> yielded;
  bool failed = false; ///< something in it has been reported
};

/// The scope of a body being walked: a step, or a net, block or def inside.
struct Frame {
  std::map<std::string, Local, std::less<>> locals;
  Instance *instance = nullptr; ///< whose layers may stand here
  std::string prefix;           ///< of their parameters, "Enc."
  std::map<std::string, int> *ordinals = nullptr; ///< layers so far, by kind
  std::string path;                               ///< of draws: "fit/Enc#0"
  std::map<std::string, int> calls;               ///< calls so far, by callee
  std::map<std::string, OwnState> states;         ///< by their names here
  ScanTurn *turn = nullptr; ///< of the scan whose lines these are
  bool inScan = false;      ///< where a layer would have weights for each turn
  std::string
      layer; ///< prefix of the layer that `use` named and that is called
};

/// A call as it is written, in front of a pipe's value or not.
struct CallSite {
  const ast::Expr *expr = nullptr; ///< the call or the bare name
  std::string name;
  SourceRange nameRange, range;
  const std::vector<ast::Argument> *arguments = nullptr; ///< null: bare name
  std::optional<Value> piped;
  SourceRange pipedRange;
  std::optional<ast::Name> asName;
  const ast::Expr *attribute = nullptr; ///< `: spectral_norm`
};

/// One argument after binding: an expression, or the value from the pipe.
struct Bound {
  const ast::Expr *expr = nullptr;
  std::optional<Value> piped;
  SourceRange range;
};

/// The arguments of a call by the names of its signature.
class Arguments {
public:
  /// Returns the argument `name`, or null when it is not given.
  const Bound *find(std::string_view name) const {
    auto it = named.find(name);
    return it == named.end() ? nullptr : &it->second;
  }
  std::map<std::string, Bound, std::less<>> named;
  std::vector<Bound> rest; ///< what a final `..` of the signature takes
};

struct LibraryEntry;

/// What `use f : linear(8)` in a net makes: every call of `f` has its weights.
struct Part {
  const LibraryEntry *layer = nullptr;
  Arguments settings; ///< what stands in the `use`, the inputs left out
  Frame home;         ///< the scope of these; bears the prefix `Enc.f.`
};

/// A term of the evidence lower bound.
struct Observation {
  std::string name;
  ValueId logProb = 0; ///< one number an example and draw of the latents
  Distribution::Family family = Distribution::Family::Normal;
  bool grey = false;    ///< grey data under a Bernoulli: no density
  int64_t elements = 1; ///< of the event observed
};
struct Latent {
  std::string name;
  std::shared_ptr<const Distribution> prior, guide;
  ValueId draw = 0;
  SourceRange where;
  bool onAxis = false;  ///< `z[k: 50]`
  bool relaxed = false; ///< `by gumbel(tau)`
};

/// What draws of latents have on top, while a body is walked for importance
/// weights: an axis, and a suffix of their names for draws of their own.
struct Weighing {
  Axis axis;
  std::string site;
};

/// `mean(x, over: set)` in a report.
struct SetStatistic {
  Statistic kind = Statistic::Mean;
  ValueId value = 0;    ///< what it is taken of, of every example
  int64_t argument = 0; ///< of the body, which stands for the result
};

/// What a walk for `diagnose collapse` notes.
struct Probing {
  struct Call {
    std::string net;
    ValueId result = 0;
  };
  struct Pick {
    ValueId table = 0, places = 0; ///< places: ones along a last axis
  };
  std::vector<Call> calls;
  std::vector<Pick> picks;
};

/// The field that fills an argument, and its data set; "" for a file's.
struct ArgumentField {
  Field field;
  std::string dataset;
};

class Elaborator {
public:
  enum class Mode : uint8_t { Constant, Network, Step, Report, Procedure };

  Elaborator(Module &module, Body &body, Mode mode, std::string path);

  Module &module;
  Body &body;
  BodyBuilder b;
  Mode mode;
  std::vector<Axis> openAxes; ///< what a draw opens: batch and comprehensions
  /// Says what `batch` is in the body.
  void openBatch(int64_t extent) {
    body.batch = extent;
    openAxes = {{"batch", extent}};
  }
  Frame root;
  Frame *frame;
  std::vector<Observation> observations;
  std::vector<Latent> latents;
  /// What a node that has no derivative stands for: "the draw of `z`".
  std::map<ValueId, std::string> discreteDraws;
  /// Procedures: names of run-time arguments that shapes turned out to need.
  std::set<std::string> fixedArguments;
  /// Nodes that let an example see others: `permute`, `peers`.
  std::set<ValueId> mixing;
  std::string countArgument; ///< Procedures: the one that is the batch
  /// Procedures: texts that an argument is or is compared with, by its name.
  std::map<std::string, std::vector<std::string>> choices;
  /// Procedures: arguments that are labels, and how many classes they have.
  std::map<ValueId, int64_t> labels;
  std::set<std::string> parameters; ///< Procedures: names of all arguments
  /// Names of the arguments that data fill, and these data.
  std::set<std::string> stepArguments;
  std::map<std::string, ArgumentField> argumentFields;
  bool elboUsed = false; ///< since it was last cleared
  bool atStart = false;  ///< of a step: what it moves, params too, begins so
  bool hasSet = false;   ///< a report of a step, which goes over a set
  std::vector<SetStatistic> setStatistics;
  Probing *probing = nullptr; ///< null: nothing is noted

  // Expressions.cpp
  Value evaluate(const ast::Expr &expr);
  Value evaluate(const Bound &bound);
  /// Evaluates to a node; numbers become constants. Nothing after an error.
  std::optional<ValueId> tensor(const ast::Expr &expr);
  std::optional<ValueId> tensor(const Bound &bound);
  std::optional<ValueId> toTensor(const Value &value, SourceRange range);
  /// A number known now.
  std::optional<double> number(const Bound &bound, const char *what);
  std::optional<double> number(const ast::Expr &expr, const char *what);
  std::optional<double> toNumber(const Value &value, SourceRange range,
                                 const char *what);
  std::optional<int64_t> integer(const ast::Expr &expr, const char *what);
  std::optional<int64_t> toInteger(const Value &value, SourceRange range,
                                   const char *what);
  /// An extent of a shape: an integer from 1 to 2^31 - 1.
  std::optional<int64_t> dimension(const ast::Expr &expr);
  std::optional<std::vector<int64_t>>
  dimensions(const std::vector<ast::ExprPtr> &exprs);
  /// The event that a type says; nothing for `map` or after an error.
  std::optional<std::vector<int64_t>> eventOf(const ast::TypeExpr &type);
  /// The same where the numbers are no labels: outputs and parameters.
  std::optional<std::vector<int64_t>> realEventOf(const ast::TypeExpr &type);
  /// The number of classes of `label[n]`.
  std::optional<int64_t> classesOf(const ast::TypeExpr &type);
  /// A single number of no named axis: a schedule, a rate.
  std::optional<ValueId> scalarNode(const ast::Expr &expr, const char *what);
  /// Reports operands that do not align. `what` is the operator or function.
  bool aligned(const std::string &what, SourceRange range, ValueId left,
               SourceRange leftRange, ValueId right, SourceRange rightRange);
  /// Reports a value of more bytes than any machine has.
  bool sizeIsSane(const Type &type, SourceRange range);
  std::string typeText(const Value &value) const;
  /// Gather.cpp: entries of event axis `axis` of `x` at the places that `index`
  /// says; nothing (and reported) where these need not be whole numbers.
  std::optional<ValueId> gather(ValueId x, int64_t axis, ValueId index,
                                SourceRange range);

  // Statements.cpp
  /// Walks statements; returns the value of the last when it is an expression.
  Value run(const ast::Body &body, const Value *layersInput = nullptr,
            SourceRange inputRange = {});
  /// Walks the lines of the root's body up to the one being walked again, into
  /// an empty scope with the arguments alone. The caller keeps what they leave.
  void walkAgain();
  void bind(const ast::Name &name, Value value, const char *what);

  // Calls.cpp
  Value callExpr(const ast::CallExpr &expr);
  Value call(const CallSite &site);
  Value applyStage(const ast::Expr &stage, const Value &input,
                   SourceRange inputRange);
  Value applyRepeat(const ast::RepeatExpr &repeat, const Value &input,
                    SourceRange inputRange);
  Value applyLayers(const ast::Expr &layers, const Value &input,
                    SourceRange inputRange);
  std::optional<Arguments> bindArguments(const CallSite &site,
                                         std::string_view signature);
  std::optional<Value> findLine(const Value &value, const std::string &name);

  // Networks.cpp
  Value callNet(Instance &instance, const CallSite &site);
  Value callBlock(const ast::BlockDecl &block, const CallSite &site);
  Value callDef(const ast::DefDecl &def, const CallSite &site);
  /// Elaborates an instance by itself, its inputs being arguments.
  bool checkInstance(Instance &instance);
  void declareParam(const ast::ParamSpec &spec);
  /// Parts.cpp: `use f : linear(n)` in a net.
  void declareParts(const ast::UseStmt &stmt);
  Value callPart(const Part &part, const CallSite &site);
  /// Calls a layer that `use` names in the file.
  Value callLayer(Instance &instance, const CallSite &site);
  /// `Dec.cell(x, h)`; nothing where that is no layer that a net names.
  std::optional<Value> callPartOf(const ast::MemberExpr &callee,
                                  const ast::CallExpr &expr);
  /// Returns the name of the layer at `site`, of `kind`, with prefix and dot.
  std::string layerPrefix(const CallSite &site, const std::string &kind);
  /// Returns the node of a layer's parameter.
  ValueId layerParameter(const std::string &prefix, const char *name,
                         std::vector<int64_t> shape, Initial initial,
                         const std::string &kind, SourceRange range);

  // State.cpp
  /// `names <- expr`.
  void update(const std::vector<ast::Name> &names, const ast::Expr &expr);
  /// Adds what layers keep, and the moves of averages, at a step's end.
  void finishStates();
  /// Returns the index of a tensor of the instance being walked.
  uint32_t netParameter(const std::string &name, std::vector<int64_t> shape,
                        Initial initial, SourceRange range,
                        Parameter::Role role = Parameter::Role::Parameter);
  /// Reads it: a constant within `frozen`.
  ValueId parameterLeaf(uint32_t index);
  /// Reads what a layer keeps: as the calls before this one left it.
  ValueId stateLeaf(uint32_t index);
  /// Whether dropout and batch_norm do here what they do in training.
  bool inTraining() const;
  /// Whether this call moves what layers of the instance keep.
  bool advancesStates() const;
  /// Returns `weight` divided by its largest singular value, as estimated.
  /// Its rows are entries of axis `axis`.
  ValueId spectralNormalized(ValueId weight, const std::string &prefix,
                             int64_t axis, SourceRange range);
  std::set<std::string> trainedHere;    ///< Steps: names in some `over`
  std::map<uint32_t, ValueId> advanced; ///< states that layers moved
  bool frozen = false;                  ///< within `frozen(F)(x)`
  /// What the innermost `F(x, mode: ..)` says.
  enum class CallMode : uint8_t { OfPlace, Training, Sampling };
  CallMode callMode = CallMode::OfPlace;
  std::set<ValueId> batchStatistics; ///< sums that batch_norm takes

  // Latents.cpp
  void draw(const ast::DrawStmt &stmt);
  uint64_t siteOf(const std::string &name);

  // Bounds.cpp
  /// The bound; `beta` weighs the divergence, 1 when null.
  std::optional<Value> elbo(const Bound *beta, SourceRange range);
  /// Sum of the log densities of what is observed, the mean over draws.
  std::optional<ValueId> reconstruction();
  /// Sum of the divergences of the latents, the mean over draws.
  std::optional<ValueId> totalDivergence(SourceRange range);
  /// log of the mean of `draws` importance weights p(x, z) / q(z), made by
  /// walking the lines of the body so far again.
  std::optional<ValueId> importanceBound(int64_t draws, SourceRange range);
  std::optional<Weighing> weighing; ///< while a body is walked for these

  // dsl/library/Distributions.cpp
  Value reshaped(const Value &distribution, const ast::IndexExpr &index);
  /// dsl/library/Densities.cpp: `q.mean`.
  Value distributionField(const Distribution &d, const ast::MemberExpr &expr);
  /// dsl/library/Draws.cpp: a draw; one that has no derivative is remembered as
  /// `name`.
  ValueId sample(const Distribution &distribution, const std::string &name,
                 bool once, const Estimator &how = {});
  /// Reads `by ..`; nothing after an error.
  std::optional<Estimator> estimatorOf(const ast::DrawStmt &stmt,
                                       const Distribution &d);
  ValueId logProb(const Distribution &distribution, ValueId value);
  /// The closed divergence of each unit, summed over nothing; nothing where
  /// there is none.
  std::optional<ValueId> unitDivergence(const Distribution &q,
                                        const Distribution &p);
  /// Returns the divergence of `q` from `p`, closed where a closed form exists,
  /// else from the draw; nothing (and reported) where neither can be.
  std::optional<ValueId> divergence(const Distribution &q,
                                    const Distribution &p,
                                    std::optional<ValueId> draw,
                                    SourceRange range);

  // Objectives.cpp
  void minimize(const ast::MinimizeStmt &stmt);
  /// Takes the batch's mean of one number an example.
  ValueId batchMean(ValueId value);
  /// Reports what is not one number an example or one for the batch.
  bool isOneNumber(ValueId value, SourceRange range, const char *what);
  /// Adds the batch's mean of `value` to the monitors, unless it is there.
  void addMonitor(const std::string &name, ValueId value);
  bool isMonitored(const std::string &name) const;
  void monitorObjective(const Minimize &minimize);
  /// Adds the variables that an objective of value `whole` is made of.
  void monitorTerms(const ast::Expr &objective, ValueId whole);
  int minimizers = 0;         ///< in the whole step
  bool elboMonitored = false; ///< its terms have their columns

  // Aims.cpp
  /// Says that training makes `value`, written at `range`, larger or smaller.
  void aim(ValueId value, SourceRange range, bool larger, bool ofData = false);
  /// Says of `to`, which is equal, what was said of `from`.
  void copyAim(ValueId from, ValueId to);
  /// Notes the aims that an objective reverses; at the step's end warns of
  /// them.
  void checkAims(const Minimize &minimize, SourceRange objective);
  void finishAims();
  std::map<ValueId, Aim> aims;

  // dsl/library/Schedules.cpp
  /// Returns the clock that a duration is counted on.
  std::optional<ValueId> clockOf(const ast::DurationExpr &duration);

  // Emits.cpp
  void emit(const ast::EmitStmt &stmt);
  std::vector<Emission> emits;

  /// The expression whose layer takes the name of the variable it is bound to.
  const ast::Expr *namedExpr = nullptr;
  std::string nameForExpr;

private:
  Value evaluateName(const ast::NameExpr &expr);
  Value evaluateFileValue(const std::string &name, FileValue &value,
                          SourceRange range);
  Value evaluateMember(const ast::MemberExpr &expr);
  Value evaluateUnary(const ast::UnaryExpr &expr);
  Value evaluateBinary(const ast::BinaryExpr &expr);
  Value evaluateElementwise(const ast::BinaryExpr &expr, Op op, ValueId a,
                            ValueId c);
  bool finite(const ast::BinaryExpr &expr, double a, double c, double result);
  Value evaluateModulo(const ast::BinaryExpr &expr, ValueId a, ValueId c);
  Value evaluateMatmul(const ast::BinaryExpr &expr, ValueId a, ValueId b);
  Value productOfEach(const ast::BinaryExpr &expr, ValueId a, ValueId b);
  Value evaluateIf(const ast::IfExpr &expr);
  Value evaluatePipe(const ast::PipeExpr &expr);
  Value evaluateComprehension(const ast::ComprehensionExpr &expr);
  Value evaluateSpan(const ast::SpanExpr &expr);
  Value evaluateScan(const ast::ScanExpr &scan);
  std::vector<Value> turnsOf(const ast::ScanExpr &scan);
  std::optional<ValueId> firstCarry(const ast::Binding &binding);
  bool landCarries(const ast::ScanExpr &scan, const ScanTurn &turn,
                   std::vector<ValueId> &carries);
  void moveCarry(const ast::UpdateStmt &stmt);
  void yield(const ast::YieldStmt &stmt);
  Value evaluateIndex(const ast::IndexExpr &expr);
  std::optional<std::pair<int64_t, int64_t>>
  indexOne(const ast::IndexItem &item, const std::optional<Value> &first,
           int64_t extent, size_t axis);
  bool saysPlaces(const Value &index) const;
  /// Stretches axes that `new` made to the other operand's.
  void stretchNew(const Value &left, ValueId &a, const Value &right,
                  ValueId &c);
  Value compareChoice(const ast::BinaryExpr &expr, const Value &left,
                      const Value &right);
  Value evaluateList(const std::vector<ast::ExprPtr> &elements);
  std::optional<ValueId> comprehensionVariable(const Value &source,
                                               const std::string &name,
                                               SourceRange range);
  void assign(const ast::AssignStmt &stmt);
  void line(const ast::Stmt &stmt);
  ValueId logWeights(const Weighing &how, SourceRange range);
  ValueId meanOverDraws(ValueId value);
  const ast::Body *rootBody = nullptr; ///< being walked, up to `rootLine`
  size_t rootLine = 0;
  void updateOne(const ast::Name &name, const Value &value, SourceRange range);
  void updateFileState(const ast::Name &name, const Value &value,
                       SourceRange range);
  std::optional<ValueId> nextOfState(const ast::Name &name, uint32_t state,
                                     const Value &value, SourceRange range);
  void moveAverages();
  Value frozenCall(CallSite site, const ast::CallExpr &callee);
  void keepClause(const ast::MinimizeClause &clause, Minimize &result);
  std::vector<std::string> visibleValues() const;
  std::vector<std::string> visibleFunctions() const;

public:
  Value unknownName(const std::string &name, SourceRange range);
  Value unknownFunction(const CallSite &site);
  /// Whether `expr` is a member of what no text declares: `torch.exp`.
  bool isForeignMember(const ast::MemberExpr &expr) const;
};

/// How a value of event `from` becomes one of event `to` with as many elements.
std::string helpOfShape(const std::vector<int64_t> &from,
                        const std::vector<int64_t> &to);

/// What to do with the name of a function where a value is wanted.
std::string helpOfFunction(const Module &module, const std::string &name);

/// Returns the event and the named axes, `batch` left out: `f32[400]`.
std::string typeText(const Type &type);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_ELABORATOR_H
