//===- PrintDeclaration.cpp - declarations and statements as text ---------===//
#include "dsl/ast/PrinterInternals.h"

namespace gmc::dsl::ast {

template <typename Item, typename Print>
void Printer::braces(const std::vector<std::unique_ptr<Item>> &items,
                     SourceRange range, bool oneLine, Print print) {
  bool comments = commentBefore(range.end);
  if (items.empty() && !comments) {
    return put("{}");
  }
  if (oneLine && !comments) {
    put("{ ");
    for (size_t i = 0; i < items.size(); ++i) {
      put(i > 0 ? "; " : "");
      print(*items[i]);
    }
    return put(" }");
  }
  put("{");
  ++indent;
  trailingComment(items.empty() ? range.end : items[0]->range.begin);
  for (size_t i = 0; i < items.size(); ++i) {
    const Item &item = *items[i];
    bool commented = commentBefore(item.range.begin);
    if (item.placement.joined && i > 0 && !commented) {
      put("; ");
    } else {
      ownLineComments(item.range.begin, i == 0);
      newLine();
      if (item.placement.blankBefore && (i > 0 || commented)) {
        newLine();
      }
    }
    print(item);
    bool last = i + 1 == items.size();
    trailingComment(last ? range.end : items[i + 1]->range.begin);
  }
  ownLineComments(range.end, items.empty());
  --indent;
  newLine();
  put("}");
}

void Printer::body(const Body &body) {
  braces(body.statements, body.range, body.oneLine,
         [&](const Stmt &node) { statement(node); });
}

void Printer::turns(const TurnBlock &block) {
  braces(block.turns, block.range, block.oneLine,
         [&](const Turn &node) { turn(node); });
}

void Printer::names(const std::vector<Name> &names) {
  for (size_t i = 0; i < names.size(); ++i) {
    put(i > 0 ? ", " : "");
    put(names[i].text);
  }
}

void Printer::path(const Path &path) {
  for (size_t i = 0; i < path.parts.size(); ++i) {
    put(i > 0 ? "." : "");
    put(path.parts[i].text);
  }
}

void Printer::bindings(const std::vector<Binding> &bindings) {
  for (size_t i = 0; i < bindings.size(); ++i) {
    if (i > 0) {
      comma(bindings[i].name.range.begin);
    }
    put(bindings[i].name.text);
    if (bindings[i].type) {
      put(" : ");
      type(*bindings[i].type);
    }
    optional(" = ", bindings[i].value);
  }
}

void Printer::parameters(const std::vector<Parameter> &parameters) {
  put("(");
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter &parameter = parameters[i];
    if (i > 0) {
      comma(parameter.name.range.begin);
    }
    put(parameter.name.text);
    if (parameter.from) {
      put(" from ");
      path(*parameter.from);
    }
    if (parameter.type) {
      put(": ");
      type(*parameter.type);
    }
    optional(" = ", parameter.defaultValue);
  }
  put(")");
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Printer::declaration(const Decl &node) {
  switch (node.kind) {
  case DeclKind::Value: {
    auto &value = cast<ValueDecl>(node);
    static constexpr const char *words[] = {"const ", "hyper ", "let "};
    put(words[static_cast<int>(value.form)]);
    return bindings(value.bindings);
  }
  case DeclKind::Def:
    return def(cast<DefDecl>(node));
  case DeclKind::Data:
    return data(cast<DataDecl>(node));
  case DeclKind::Net: {
    auto &net = cast<NetDecl>(node);
    put("net " + net.name.text + "(");
    fields(net.inputs);
    put(") -> ");
    fields(net.outputs);
    put(" ");
    return body(net.body);
  }
  case DeclKind::NetImport: {
    auto &import = cast<NetImportDecl>(node);
    put("net " + import.name.text + " : " + import.net.text);
    optional(" = ", import.weights);
    return put(import.frozen ? " frozen" : "");
  }
  case DeclKind::Block:
    return block(cast<BlockDecl>(node));
  case DeclKind::Use:
    return use(cast<UseDecl>(node).names, *cast<UseDecl>(node).target);
  case DeclKind::Param:
    return param(cast<ParamDecl>(node).spec);
  case DeclKind::Opt:
    put("opt " + cast<OptDecl>(node).name.text);
    return optional(" = ", cast<OptDecl>(node).optimizer);
  case DeclKind::Init:
    return init(cast<InitDecl>(node));
  case DeclKind::Pool:
    return pool(cast<PoolDecl>(node));
  case DeclKind::Ema:
    return ema(cast<EmaDecl>(node));
  case DeclKind::Step: {
    auto &step = cast<StepDecl>(node);
    put("step " + step.name.text + "(");
    names(step.parameters);
    put(step.outputs.empty() ? ")" : ") -> ");
    names(step.outputs);
    put(" ");
    return body(step.body);
  }
  case DeclKind::Model: {
    auto &model = cast<ModelDecl>(node);
    put("model " + model.name.text + "(");
    names(model.parameters);
    put(") ");
    return body(model.body);
  }
  case DeclKind::Train:
    return train(cast<TrainDecl>(node));
  case DeclKind::Report:
    return report(cast<ReportDecl>(node));
  case DeclKind::Proc: {
    auto &proc = cast<ProcDecl>(node);
    put("proc " + proc.name.text);
    parameters(proc.parameters);
    optional(" batch ", proc.batch);
    put(" ");
    return body(proc.body);
  }
  case DeclKind::At: {
    auto &event = cast<AtDecl>(node);
    put("at start of " + event.step.text + " ");
    return body(event.body);
  }
  }
}

void Printer::def(const DefDecl &node) {
  put("def " + node.name.text);
  parameters(node.parameters);
  if (node.body) {
    put(" ");
    return body(*node.body);
  }
  optional(" = ", node.value);
}

void Printer::data(const DataDecl &node) {
  put("data " + node.name.text + " : ");
  if (node.restOf) {
    put("rest of " + node.restOf->text);
  }
  optional("", node.source);
  if (!node.fields.empty()) {
    put(node.record ? " as (" : " as ");
    fields(node.fields);
    put(node.record ? ")" : "");
  }
  for (const ExprPtr &transform : node.transforms) {
    optional(", ", transform);
  }
}

void Printer::block(const BlockDecl &node) {
  put("block " + node.name.text);
  if (node.hasParameters) {
    parameters(node.parameters);
  }
  if (node.input) {
    put(" of " + node.input->text);
  }
  put(" ");
  body(node.body);
}

void Printer::use(const std::vector<Name> &instances, const Expr &target) {
  put("use ");
  names(instances);
  put(" : ");
  expr(target);
}

void Printer::param(const ParamSpec &spec) {
  put(spec.state ? "state " : "param ");
  put(spec.name.text + " : ");
  type(spec.type);
  optional(spec.start == ParamSpec::Start::Draw ? " ~ " : " = ", spec.initial);
}

void Printer::init(const InitDecl &node) {
  put("init ");
  names(node.layers);
  put(" : ");
  for (size_t i = 0; i < node.rules.size(); ++i) {
    put(i > 0 ? ", " : "");
    put(node.rules[i].parameter.text);
    optional(node.rules[i].draw ? " ~ " : " = ", node.rules[i].value);
  }
}

void Printer::pool(const PoolDecl &node) {
  put("pool ");
  for (size_t i = 0; i < node.pools.size(); ++i) {
    put(i > 0 ? ", " : "");
    put(node.pools[i].name.text);
    arguments(node.pools[i].arguments, false, 0);
  }
}

void Printer::ema(const EmaDecl &node) {
  put("ema " + node.name.text + " = average of " + node.of.text);
  optional(", decay ", node.decay);
  if (node.from) {
    put(", from ");
    duration(*node.from);
  }
}

void Printer::train(const TrainDecl &node) {
  put("train ");
  if (node.name) {
    put(node.name->text + " ");
  }
  turns(node.body);
  put(" for ");
  duration(*node.duration);
  optional(", batch ", node.batch);
}

void Printer::report(const ReportDecl &node) {
  put("report ");
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) {
      comma(node.items[i].range.begin);
    }
    if (node.items[i].name) {
      put(node.items[i].name->text + " = ");
    }
    expr(*node.items[i].value);
  }
  if (node.of) {
    clause("of", node.of->range.begin);
    put(node.of->text + " on ");
    reached = node.on.empty() ? reached : node.on.back().range.end;
    for (size_t i = 0; i < node.on.size(); ++i) {
      put(i > 0 ? ", " : "");
      path(node.on[i]);
    }
  }
  if (!node.every) {
    return put(" at end");
  }
  clause("every", node.every->range.begin);
  duration(*node.every);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Printer::statement(const Stmt &node) {
  switch (node.kind) {
  case StmtKind::Assign:
    names(cast<AssignStmt>(node).names);
    return optional(" = ", cast<AssignStmt>(node).value);
  case StmtKind::Update:
    names(cast<UpdateStmt>(node).names);
    return optional(" <- ", cast<UpdateStmt>(node).value);
  case StmtKind::Param:
    return param(cast<ParamStmt>(node).spec);
  case StmtKind::Use:
    return use(cast<UseStmt>(node).names, *cast<UseStmt>(node).target);
  case StmtKind::Draw:
    return draw(cast<DrawStmt>(node));
  case StmtKind::Minimize:
    return minimize(cast<MinimizeStmt>(node));
  case StmtKind::Emit:
    return optional("emit ", cast<EmitStmt>(node).call);
  case StmtKind::Yield:
    return optional("yield ", cast<YieldStmt>(node).value);
  case StmtKind::Expression:
    return expr(*cast<ExpressionStmt>(node).value);
  }
}

void Printer::draw(const DrawStmt &node) {
  put(node.observe ? "observe " : "");
  put(node.name.text);
  if (node.axis) {
    put("[" + node.axis->text);
    optional(": ", node.axisLength);
    put("]");
  }
  optional(" ~ ", node.distribution);
  clause("like", node.like);
  put(node.once ? " once" : "");
  clause("via", node.via);
  clause("by", node.estimator);
  optional(" mask ", node.mask);
}

void Printer::minimize(const MinimizeStmt &node) {
  optional(node.maximize ? "maximize " : "minimize ", node.objective);
  clause("over", node.over.front().range.begin);
  names(node.over);
  reached = node.over.back().range.end;
  clause("using", node.optimizer);
  for (const MinimizeClause &clause : node.clauses) {
    comma(clause.range.begin);
    switch (clause.kind) {
    case MinimizeClause::Kind::Clip:
      optional("clip ", clause.value);
      break;
    case MinimizeClause::Kind::Keep:
      put("keep in ");
      values(*clause.keep);
      break;
    case MinimizeClause::Kind::When:
      optional("when ", clause.value);
      break;
    }
  }
}

void Printer::callTurn(const CallTurn &node) {
  names(node.results);
  put(node.results.empty() ? "" : " = ");
  put(node.step.text + "(");
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    const TurnArgument &argument = node.arguments[i];
    put(i > 0 ? ", " : "");
    if (argument.kind == TurnArgument::Kind::Value) {
      expr(*argument.value);
    } else {
      put(argument.kind == TurnArgument::Kind::Next ? "next " : "same ");
      path(argument.stream);
    }
  }
  put(")");
}

void Printer::turn(const Turn &node) {
  switch (node.kind) {
  case TurnKind::Call:
    return callTurn(cast<CallTurn>(node));
  case TurnKind::Draw: {
    auto &draw = cast<DrawTurn>(node);
    names(draw.names);
    put(draw.same ? " = same " : " = next ");
    return path(draw.stream);
  }
  case TurnKind::Update:
    names(cast<UpdateTurn>(node).names);
    return optional(" <- ", cast<UpdateTurn>(node).value);
  case TurnKind::Repeat:
    optional("repeat ", cast<RepeatTurn>(node).count);
    put(" ");
    return turns(cast<RepeatTurn>(node).body);
  case TurnKind::Every:
    put("every ");
    duration(*cast<EveryTurn>(node).period);
    put(" ");
    return turns(cast<EveryTurn>(node).body);
  case TurnKind::When:
    optional("when ", cast<WhenTurn>(node).condition);
    put(" ");
    return turns(cast<WhenTurn>(node).body);
  }
}

} // namespace gmc::dsl::ast
