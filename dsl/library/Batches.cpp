//===- Batches.cpp - what crosses the batch by name -----------------------===//
//
// `concat` and `split` over the batch, `group` and `ungroup`, `permute`, and
// `peers`, the same batch on a second axis. Nothing else lets one example see
// another.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Batches.h"

#include "dsl/library/Entries.h"
#include "dsl/program/Formulas.h"

namespace gmc::dsl {
namespace {

/// Reports `over:` other than `over: batch`, and a value without a batch.
bool overBatch(Elaborator &e, const CallSite &site, const Bound &over,
               ValueId x, SourceRange range) {
  const auto *name = over.expr ? ast::as<ast::NameExpr>(*over.expr) : nullptr;
  if (!name || name->text != "batch" || e.mode == Elaborator::Mode::Procedure) {
    e.module.report(Diag::OverBatchUnsupported, over.range, site.name)
        .help("`over: batch`, in a step");
    return false;
  }
  const Type &type = e.b.type(x);
  if (type.axes.size() == 1 && type.axes[0].name == "batch") {
    return true;
  }
  e.module.report(Diag::BatchWanted, range, site.name)
      .label(type.axes.empty() ? "is the same for all examples"
                               : "is " + typeText(type))
      .help("it takes one value an example, without other named axes");
  return false;
}

} // namespace

Value concatBatches(Elaborator &e, const CallSite &site,
                    const Arguments &arguments) {
  const Bound &over = *arguments.find("over");
  std::optional<ValueId> joined;
  for (const Bound &bound : arguments.rest) {
    auto next = e.tensor(bound);
    if (!next || !overBatch(e, site, over, *next, bound.range)) {
      return {};
    }
    if (joined && e.b.type(*joined).event != e.b.type(*next).event) {
      e.module.report(Diag::ConcatBatchShape, site.nameRange)
          .label(arguments.rest[0].range, typeText(e.b.type(*joined)))
          .label(bound.range, typeText(e.b.type(*next)))
          .help("examples of one batch have one shape");
      return {};
    }
    e.b.setRange(site.range);
    joined = joined ? e.b.concatBatch(*joined, *next) : *next;
  }
  return Value::ofTensor(*joined);
}

Value splitBatch(Elaborator &e, const CallSite &site,
                 const Arguments &arguments, ValueId x, int64_t parts) {
  SourceRange range = arguments.find("x")->range;
  if (!overBatch(e, site, *arguments.find("over"), x, range)) {
    return {};
  }
  const int64_t extent = e.b.type(x).axes[0].extent;
  if (parts < 1 || extent % parts != 0) {
    e.module.report(Diag::SplitBatch, site.range, extent, parts)
        .help("the batch must be a multiple of the parts");
    return {};
  }
  Value list;
  list.kind = Value::Kind::List;
  e.b.setRange(site.range);
  const int64_t width = extent / parts;
  for (int64_t i = 0; i < parts; ++i) {
    list.elements.push_back(
        Value::ofTensor(e.b.sliceBatch(x, i * width, (i + 1) * width)));
  }
  return list;
}

namespace {

/// y = P x of a random permutation of the examples: the rank of each among
/// uniform numbers, its place in y. With `each: event` every entry of the event
/// has a permutation of its own.
Value permute(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x || !overBatch(e, site, *arguments.find("over"), *x, bound.range)) {
    return {};
  }
  bool each = false;
  if (const Bound *word = arguments.find("each")) {
    const auto *name =
        word->expr ? ast::as<ast::NameExpr>(*word->expr) : nullptr;
    each = name && name->text == "event";
    if (!each) {
      e.module.report(Diag::PermuteEach, word->range)
          .help("`each: event`, or nothing: whole examples are shuffled");
      return {};
    }
  }
  BodyBuilder &b = e.b;
  const Type type = b.type(*x);
  const int64_t batch = type.axes[0].extent;
  const std::string name =
      fmt::format("permute#{}", e.frame->calls["permute"]++);
  b.setRange(site.range);
  // [examples i, others j, entries]: whole examples have one entry.
  const int64_t width = Type{{}, type.event}.elements();
  const int64_t draws = each ? width : 1;
  Type own{{}, {batch, draws}}, pairs{{}, {batch, batch, draws}};
  ValueId u = b.random(Op::RandomUniform, own, e.siteOf(name));
  ValueId mine = b.broadcast(u, pairs, {0, 2});
  ValueId theirs = b.broadcast(u, pairs, {1, 2});
  ValueId i = b.iota(pairs, 0), j = b.iota(pairs, 1);
  // Ties stand in the order of the batch.
  ValueId tie = b.binary(Op::Mul, b.binary(Op::Equal, theirs, mine),
                         b.binary(Op::Less, j, i));
  ValueId before = b.binary(Op::Add, b.binary(Op::Less, theirs, mine), tie);
  ValueId rank = b.reduce(Op::Sum, before, {1});
  ValueId chosen = b.binary(Op::Equal, b.broadcast(rank, pairs, {1, 2}), i);
  ValueId flat = b.reshape(*x, {{}, {batch, width}});
  ValueId shuffled = flat;
  if (each) {
    ValueId wide = b.broadcast(flat, pairs, {1, 2});
    shuffled = b.reduce(Op::Sum, b.select(chosen, wide, b.constant(0)), {1});
  } else {
    shuffled = b.matmul(b.reshape(chosen, {{}, {batch, batch}}), flat, false);
  }
  ValueId result = b.reshape(shuffled, type);
  e.mixing.insert(shuffled);
  return Value::ofTensor(result);
}

/// The examples of the batch on the axis `peer`.
Value peers(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x) {
    return {};
  }
  Type type = e.b.type(*x);
  if (type.axes.size() != 1 || type.axes[0].name != "batch") {
    e.module.report(Diag::BatchWanted, bound.range, site.name)
        .label(type.axes.empty() ? "is the same for all examples"
                                 : "is " + typeText(type))
        .help("it takes one value an example, without other named axes");
    return {};
  }
  e.b.setRange(site.range);
  type.axes[0].name = "peer";
  ValueId result = e.b.reshape(*x, std::move(type));
  e.mixing.insert(result);
  return Value::ofTensor(result);
}

/// Gives `x` another batch, of as many numbers, and remembers that its examples
/// are made of several.
Value regrouped(Elaborator &e, ValueId x, Type type, SourceRange range) {
  const size_t since = e.b.size();
  e.b.setRange(range);
  ValueId result = e.b.reshape(x, std::move(type));
  if (result >= since) {
    e.mixing.insert(result);
  }
  return Value::ofTensor(result);
}

/// `group(x, 4, over: batch)`: 4 consecutive examples are one, along a new
/// first event axis.
Value group(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  const Bound &bound = *arguments.find("x"), &size = *arguments.find("n");
  auto x = e.tensor(bound);
  auto n =
      size.expr ? e.integer(*size.expr, "the size of a group") : std::nullopt;
  if (!x || !n ||
      !overBatch(e, site, *arguments.find("over"), *x, bound.range)) {
    return {};
  }
  Type type = e.b.type(*x);
  if (*n < 1 || type.axes[0].extent % *n != 0) {
    e.module.report(Diag::GroupBatch, site.range, type.axes[0].extent, *n)
        .help("the batch must be a multiple of the size of a group");
    return {};
  }
  type.axes[0].extent /= *n;
  type.event.insert(type.event.begin(), *n);
  return regrouped(e, *x, std::move(type), site.range);
}

/// The way back: event axis 0 becomes consecutive examples.
Value ungroup(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x || !overBatch(e, site, *arguments.find("over"), *x, bound.range)) {
    return {};
  }
  Type type = e.b.type(*x);
  if (type.event.empty()) {
    e.module.report(Diag::UngroupNumber, bound.range)
        .label("is " + typeText(type))
        .help("event axis 0 becomes the examples: `[4, 10]` is four of `[10]`");
    return {};
  }
  type.axes[0].extent *= type.event.front();
  type.event.erase(type.event.begin());
  return regrouped(e, *x, std::move(type), site.range);
}

constexpr LibraryEntry entries[] = {
    {"group(x, n, over:)", group},
    {"ungroup(x, over:)", ungroup},
    {"permute(x, over:, each:?)", permute},
    {"peers(x)", peers},
};

} // namespace

std::span<const LibraryEntry> batchEntries() { return entries; }

std::optional<ValueId> withoutSelf(Elaborator &e, const CallSite &site,
                                   const Bound &others, ValueId x,
                                   const std::vector<int64_t> &dims,
                                   double instead) {
  const auto *word =
      others.expr ? ast::as<ast::NameExpr>(*others.expr) : nullptr;
  const Type type = e.b.type(x);
  auto peer = findAxis(type, "peer"), batch = findAxis(type, "batch");
  bool fits = word && word->text == "true" && peer && batch &&
              dims == std::vector<int64_t>{static_cast<int64_t>(*peer)};
  if (!fits) {
    e.module.report(Diag::OthersUsage, others.range, site.name)
        .help("`mean(f(u, peers(u)), over: peer, others: true)`");
    return std::nullopt;
  }
  if (type.axes[*peer].extent == 1) {
    e.module.report(Diag::OthersOfOne, others.range, site.name)
        .help("`batch 2` or more");
    return std::nullopt;
  }
  ValueId self =
      e.b.binary(Op::Equal, e.b.iota(type, static_cast<int64_t>(*batch)),
                 e.b.iota(type, static_cast<int64_t>(*peer)));
  return e.b.select(self, e.b.constant(instead), x);
}

} // namespace gmc::dsl
