//===- Statements.cpp - the lines of a body -------------------------------===//
#include "dsl/base/ForeignWords.h"
#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

void Elaborator::bind(const ast::Name &name, Value value, const char *what) {
  if (name.text.empty()) {
    return;
  }
  auto [it, isNew] =
      frame->locals.emplace(name.text, Local{std::move(value), name.range});
  if (!isNew) {
    module.report(Diag::BoundTwice, name.range, name.text)
        .label("a second time here")
        .label(it->second.declared, "first here")
        .help("a name is bound once; give this value a name of its own");
    return;
  }
  auto outer = module.values.find(name.text);
  bool isParameter = std::string_view(what) == "parameter";
  if (outer != module.values.end() &&
      !(isParameter && outer->second.kind == FileValue::Kind::Data)) {
    module.report(Diag::HidesName, name.range, name.text)
        .label("hides it")
        .label(outer->second.range, "declared here for the whole file")
        .help(fmt::format("a name of the file means the same in every body; "
                          "another name, as `{}_here`, or one for the file's",
                          name.text));
    return;
  }
  module.declare(name, what);
}

namespace {

/// Returns the outermost call of a right-hand side, a pipe being read as calls.
const ast::Expr *outermost(const ast::Expr &expr) {
  if (const auto *pipe = ast::as<ast::PipeExpr>(expr)) {
    return pipe->stages.back().get();
  }
  return &expr;
}

/// The last name of what `expr` calls: `backward` of `loss.backward()`.
std::string_view calledName(const ast::Expr &expr) {
  const auto *call = ast::as<ast::CallExpr>(expr);
  if (!call) {
    return "";
  }
  if (const auto *member = ast::as<ast::MemberExpr>(call->callee)) {
    return member->member.text;
  }
  const auto *name = ast::as<ast::NameExpr>(call->callee);
  return name ? std::string_view(name->text) : "";
}

bool isReference(const ast::Expr &expr) {
  return expr.kind == ast::ExprKind::Name || expr.kind == ast::ExprKind::Member;
}

} // namespace

void Elaborator::assign(const ast::AssignStmt &stmt) {
  size_t since = b.size();
  if (stmt.names.size() == 1) {
    namedExpr = outermost(*stmt.value);
    nameForExpr = stmt.names[0].text;
  }
  Value value = evaluate(*stmt.value);
  namedExpr = nullptr;
  if (stmt.names.size() == 1) {
    if (value.kind == Value::Kind::Tensor) {
      if (!isReference(*stmt.value)) {
        ValueId own = b.makeDistinct(value.id, since);
        copyAim(value.id, own);
        value.id = own;
      }
      b.setName(value.id, stmt.names[0].text);
    }
    bind(stmt.names[0], std::move(value), "value");
    return;
  }
  bool isError = value.isError();
  if (!isError && value.elements.size() != stmt.names.size()) {
    auto builder =
        module.report(Diag::CountMismatch, stmt.value->range, stmt.names.size(),
                      value.elements.empty() ? 1 : value.elements.size());
    builder.label(typeText(value));
    isError = true;
  }
  for (size_t i = 0; i < stmt.names.size(); ++i) {
    Value part = isError ? Value{} : value.elements[i];
    if (part.kind == Value::Kind::Tensor) {
      b.setName(part.id, stmt.names[i].text);
    }
    bind(stmt.names[i], std::move(part), "value");
  }
}

void Elaborator::line(const ast::Stmt &stmt) {
  if (module.options.line) {
    *module.options.line = module.source.lineOf(stmt.range.begin);
  }
  const bool inStep = mode == Mode::Step && frame == &root;
  const bool movesNothing = mode == Mode::Report || weighing;
  switch (stmt.kind) {
  case ast::StmtKind::Assign:
    return assign(ast::cast<ast::AssignStmt>(stmt));
  case ast::StmtKind::Draw:
    return draw(ast::cast<ast::DrawStmt>(stmt));
  case ast::StmtKind::Minimize:
    if (movesNothing) {
      if (probing && !weighing) {
        evaluate(*ast::cast<ast::MinimizeStmt>(stmt).objective);
      }
      return;
    }
    if (!inStep) {
      module.report(Diag::MinimizeOutsideStep, stmt.range)
          .help("`minimize` stands in a `step`");
      return;
    }
    if (atStart) {
      module
          .report(Diag::StartMinimize, stmt.range,
                  body.step.substr(0, body.step.rfind('.')))
          .help("these lines say where states and params begin, `k <- e`; the "
                "step itself trains");
      return;
    }
    return minimize(ast::cast<ast::MinimizeStmt>(stmt));
  case ast::StmtKind::Emit:
    if (mode != Mode::Procedure || frame != &root) {
      module.report(Diag::EmitOutsideProc, stmt.range)
          .help("`emit` stands in a `proc`; a step's values leave through "
                "its signature: `step fit(x) -> w`");
      return;
    }
    if (!weighing) {
      emit(ast::cast<ast::EmitStmt>(stmt));
    }
    return;
  case ast::StmtKind::Param:
    return declareParam(ast::cast<ast::ParamStmt>(stmt).spec);
  case ast::StmtKind::Expression: {
    const ast::Expr &expr = *ast::cast<ast::ExpressionStmt>(stmt).value;
    auto foreign = foreignHelp(calledName(expr));
    module.report(Diag::UselessExpression, expr.range)
        .label("its value goes nowhere")
        .help(foreign.value_or("give it a name, or remove it"));
    return;
  }
  case ast::StmtKind::Use:
    return declareParts(ast::cast<ast::UseStmt>(stmt));
  case ast::StmtKind::Update:
    if (frame->turn) {
      return moveCarry(ast::cast<ast::UpdateStmt>(stmt));
    }
    if (movesNothing) {
      return;
    }
    if (!frame->instance && !inStep) {
      module.report(Diag::UpdateOutsideStep, stmt.range)
          .help("a state moves in a `step`, or in `train`");
      return;
    }
    return update(ast::cast<ast::UpdateStmt>(stmt).names,
                  *ast::cast<ast::UpdateStmt>(stmt).value);
  case ast::StmtKind::Yield:
    return yield(ast::cast<ast::YieldStmt>(stmt));
  }
}

Value Elaborator::run(const ast::Body &block, const Value *layersInput,
                      SourceRange inputRange) {
  for (size_t i = 0; i < block.statements.size(); ++i) {
    if (frame == &root) {
      rootBody = &block;
      rootLine = i;
    }
    const ast::Stmt &stmt = *block.statements[i];
    b.setRange(stmt.range);
    bool isLast = i + 1 == block.statements.size();
    if (stmt.kind == ast::StmtKind::Expression && isLast) {
      const ast::Expr &expr = *ast::cast<ast::ExpressionStmt>(stmt).value;
      return layersInput ? applyLayers(expr, *layersInput, inputRange)
                         : evaluate(expr);
    }
    line(stmt);
  }
  if (frame == &root) {
    rootLine = block.statements.size();
  }
  return {};
}

void Elaborator::walkAgain() {
  std::erase_if(root.locals, [&](const auto &local) {
    return !stepArguments.count(local.first) && !parameters.count(local.first);
  });
  root.calls.clear();
  frame = &root;
  const size_t end = rootLine;
  for (rootLine = 0; rootLine < end; ++rootLine) {
    const ast::Stmt &stmt = *rootBody->statements[rootLine];
    b.setRange(stmt.range);
    line(stmt);
  }
}

} // namespace gmc::dsl
