//===- Scan.cpp - lines that are walked once a turn -----------------------===//
//
// `scan t in 0..<T carry h = h0 { .. h <- e; yield y }` is written out: its
// lines are walked T times, each in a scope of its own that begins with what
// the turn before left.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/FrameScope.h"

namespace gmc::dsl {

/// What is written out stays of a size that compiles in seconds.
static constexpr int64_t mostTurns = 1024;

/// Returns what `t` is, turn by turn; nothing after an error. `3..0` counts
/// downwards.
std::vector<Value> Elaborator::turnsOf(const ast::ScanExpr &scan) {
  const ast::Expr &source = *scan.source;
  std::vector<Value> turns;
  const auto *span = ast::as<ast::SpanExpr>(source);
  if (span && !span->exclusive) {
    auto from = integer(*span->from, "the start of a span");
    auto to = integer(*span->to, "the end of a span");
    if (!from || !to) {
      return {};
    }
    int64_t step = *from <= *to ? 1 : -1, count = (*to - *from) * step + 1;
    for (int64_t i = 0; i < count && i <= mostTurns; ++i) {
      turns.push_back(Value::ofNumber(static_cast<double>(*from + i * step)));
    }
  } else {
    Value list = evaluate(source);
    if (list.kind != Value::Kind::List) {
      if (!list.isError()) {
        module.report(Diag::ListWanted, source.range, typeText(list))
            .help("`scan t in 0..<T`, `scan t in T-1..0` or `scan t in [..]`");
      }
      return {};
    }
    turns = std::move(list.elements);
  }
  if (turns.empty() || turns.size() > mostTurns) {
    module
        .report(Diag::ScanTurns, source.range,
                turns.empty() ? "no" : "more than 1024")
        .help("every turn is written out; a scan has 1 to 1024 of them");
    return {};
  }
  return turns;
}

/// Returns what a carry is in the first turn, of the declared type if it has
/// one.
std::optional<ValueId> Elaborator::firstCarry(const ast::Binding &binding) {
  auto value = tensor(*binding.value);
  if (!value || !binding.type) {
    return value;
  }
  auto event = eventOf(*binding.type);
  if (!event) {
    return std::nullopt;
  }
  const Type given = b.type(*value);
  if (given.event != *event && !given.event.empty()) {
    module
        .report(Diag::ScanCarryShape, binding.value->range, binding.name.text,
                dsl::typeText({{}, *event}), dsl::typeText(given))
        .label(binding.type->range, "declared here");
    return std::nullopt;
  }
  return b.broadcast(*value, {given.axes, *event});
}

/// Replaces carries by what one turn made of them; false after an error.
bool Elaborator::landCarries(const ast::ScanExpr &scan, const ScanTurn &turn,
                             std::vector<ValueId> &carries) {
  bool ok = !turn.failed;
  for (size_t i = 0; i < carries.size(); ++i) {
    const ast::Binding &binding = scan.carry[i];
    const auto &next = turn.carries.at(binding.name.text);
    if (!next) {
      if (ok) {
        module
            .report(Diag::ScanCarryStill, binding.name.range, binding.name.text)
            .help(fmt::format("`{0} <- ..`, or name it before the scan",
                              binding.name.text));
      }
      ok = false;
      continue;
    }
    const Type was = b.type(carries[i]), is = b.type(next->value);
    if (was.event != is.event) {
      auto builder =
          module.report(Diag::ScanCarryShape, next->range, binding.name.text,
                        dsl::typeText(was), dsl::typeText(is));
      builder.label(binding.value->range, "starts as " + dsl::typeText(was));
      if (was.event.empty()) {
        builder.help(fmt::format("`carry {} : {} = ..` starts with this number "
                                 "everywhere",
                                 binding.name.text,
                                 dsl::typeText({{}, is.event})));
      } else {
        builder.help("a carry keeps its shape");
      }
      ok = false;
      continue;
    }
    carries[i] = next->value;
  }
  return ok;
}

namespace {

/// Puts the yields of all turns along a new first event axis. Halves are joined
/// first, so that an entry is copied log T times.
ValueId stacked(BodyBuilder &b, const std::vector<ValueId> &yields,
                size_t begin, size_t end) {
  if (end - begin > 1) {
    size_t middle = begin + (end - begin) / 2;
    ValueId first = stacked(b, yields, begin, middle);
    return b.concatEvent(first, stacked(b, yields, middle, end), 0);
  }
  std::vector<int64_t> event = b.type(yields[begin]).event;
  event.insert(event.begin(), 1);
  return b.reshapeEvent(yields[begin], std::move(event));
}

/// Stretches all yields over the named axes that any of them has.
void unite(BodyBuilder &b, std::vector<ValueId> &yields) {
  std::vector<Axis> axes;
  for (ValueId value : yields) {
    axes = *unitedAxes(axes, b.type(value).axes);
  }
  for (ValueId &value : yields) {
    value = b.broadcast(value, {axes, b.type(value).event});
  }
}

} // namespace

Value Elaborator::evaluateScan(const ast::ScanExpr &scan) {
  const std::vector<Value> turns = turnsOf(scan);
  std::vector<ValueId> carries, yields;
  for (const ast::Binding &binding : scan.carry) {
    auto first = firstCarry(binding);
    if (!first) {
      return {};
    }
    carries.push_back(*first);
  }
  const std::string path =
      fmt::format("{}/scan#{}", frame->path, frame->calls["scan"]++);
  for (size_t t = 0; t < turns.size(); ++t) {
    ScanTurn turn;
    Frame inner;
    inner.locals = frame->locals;
    inner.instance = frame->instance;
    inner.prefix = frame->prefix;
    inner.ordinals = frame->ordinals;
    inner.path = fmt::format("{}.{}", path, t);
    inner.turn = &turn;
    inner.inScan = true;
    FrameScope scope(*this, inner);
    bind(scan.variable, turns[t], "turn");
    module.use(scan.variable.range); // A turn may look like all others.
    for (size_t i = 0; i < carries.size(); ++i) {
      bind(scan.carry[i].name, Value::ofTensor(carries[i]), "carry");
      turn.carries[scan.carry[i].name.text];
    }
    for (const ast::StmtPtr &stmt : scan.body.statements) {
      b.setRange(stmt->range);
      line(*stmt);
    }
    if (!landCarries(scan, turn, carries)) {
      return {};
    }
    if (!turn.yielded) {
      continue;
    }
    yields.push_back(turn.yielded->value);
    const Type first = b.type(yields[0]), type = b.type(yields[t]);
    if (type.event != first.event) {
      module
          .report(Diag::YieldShape, turn.yielded->range, dsl::typeText(type),
                  dsl::typeText(first))
          .help("all turns yield values of one shape, which are stacked");
      return {};
    }
  }
  if (turns.empty()) {
    return {};
  }
  b.setRange(scan.range);
  if (!yields.empty()) {
    unite(b, yields);
    return Value::ofTensor(stacked(b, yields, 0, yields.size()));
  }
  if (carries.size() == 1) {
    return Value::ofTensor(carries[0]);
  }
  Value record;
  record.kind = Value::Kind::Record;
  for (size_t i = 0; i < carries.size(); ++i) {
    record.names.push_back(scan.carry[i].name.text);
    record.elements.push_back(Value::ofTensor(carries[i]));
  }
  return record;
}

void Elaborator::moveCarry(const ast::UpdateStmt &stmt) {
  Value value = evaluate(*stmt.value);
  const bool single = stmt.names.size() == 1;
  if (!single && !value.isError() &&
      value.elements.size() != stmt.names.size()) {
    module
        .report(Diag::CountMismatch, stmt.value->range, stmt.names.size(),
                value.elements.empty() ? 1 : value.elements.size())
        .label(typeText(value));
    value = {};
  }
  for (size_t i = 0; i < stmt.names.size(); ++i) {
    const ast::Name &name = stmt.names[i];
    auto carry = frame->turn->carries.find(name.text);
    if (carry == frame->turn->carries.end()) {
      module.report(Diag::ScanTarget, name.range, name.text)
          .help(fmt::format("`carry .., {} = ..`; states are moved outside of "
                            "scans",
                            name.text));
      frame->turn->failed = true;
      continue;
    }
    if (carry->second) {
      module.report(Diag::ScanCarryTwice, name.range, name.text)
          .label("a second time here")
          .label(carry->second->range, "first here");
      frame->turn->failed = true;
      continue;
    }
    auto next = value.isError() ? std::nullopt
                                : toTensor(single ? value : value.elements[i],
                                           stmt.value->range);
    if (!next) {
      frame->turn->failed = true;
      continue;
    }
    carry->second = ScanTurn::Line{*next, stmt.value->range};
  }
}

void Elaborator::yield(const ast::YieldStmt &stmt) {
  ScanTurn *turn = frame->turn;
  if (!turn) {
    module.report(Diag::YieldOutsideScan, stmt.range)
        .help("`yield` stands among the lines of a `scan`");
    return;
  }
  if (turn->yielded) {
    module.report(Diag::YieldTwice, stmt.range)
        .label(turn->yielded->range, "the first")
        .help("`yield concat(a, b)`, or carry one of them");
    turn->failed = true;
    return;
  }
  auto value = tensor(*stmt.value);
  if (!value) {
    turn->failed = true;
    return;
  }
  turn->yielded = ScanTurn::Line{*value, stmt.value->range};
}

} // namespace gmc::dsl
