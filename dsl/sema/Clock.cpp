//===- Clock.cpp - batch, epochs, durations -------------------------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gmc::dsl {

std::optional<std::string> streamWithoutNext(const Module &module,
                                             const ast::Expr &expr) {
  if (const auto *call = ast::as<ast::CallExpr>(expr)) { // `next(m.train)`
    const auto *callee = ast::as<ast::NameExpr>(call->callee);
    bool draws = callee && (callee->text == "next" || callee->text == "same") &&
                 call->arguments.size() == 1;
    return draws ? streamWithoutNext(module, *call->arguments[0].value)
                 : std::nullopt;
  }
  const auto *member = ast::as<ast::MemberExpr>(expr);
  const auto *name = ast::as<ast::NameExpr>(member ? *member->object : expr);
  auto it = name ? module.values.find(name->text) : module.values.end();
  if (it == module.values.end() || it->second.kind != FileValue::Kind::Data) {
    return std::nullopt;
  }
  return name->text + "." + (member ? member->member.text : "train");
}

namespace {

/// The streams that turns draw from, or would if `next` were written.
void streamsOf(const Module &module, const ast::TurnBlock &block,
               std::vector<std::string> &streams) {
  auto add = [&](const ast::Path &path) {
    streams.push_back(path.parts.size() == 2
                          ? path.parts[0].text + "." + path.parts[1].text
                          : "");
  };
  for (const auto &turn : block.turns) {
    if (const auto *call = ast::as<ast::CallTurn>(turn)) {
      for (const auto &argument : call->arguments) {
        if (argument.kind != ast::TurnArgument::Kind::Value) {
          add(argument.stream);
        } else if (auto path = streamWithoutNext(module, *argument.value)) {
          streams.push_back(*path);
        }
      }
    } else if (const auto *draw = ast::as<ast::DrawTurn>(turn)) {
      add(draw->stream);
    } else if (const auto *repeat = ast::as<ast::RepeatTurn>(turn)) {
      streamsOf(module, repeat->body, streams);
    } else if (const auto *every = ast::as<ast::EveryTurn>(turn)) {
      streamsOf(module, every->body, streams);
    } else if (const auto *when = ast::as<ast::WhenTurn>(turn)) {
      streamsOf(module, when->body, streams);
    }
  }
}

/// Returns the batch of one `train`; nothing after an error.
std::optional<int64_t> readBatch(Module &module, const ast::TrainDecl &train,
                                 bool usesData) {
  int64_t batch = 1;
  SourceRange range = train.duration->range;
  if (train.batch) {
    range = train.batch->range;
    auto given = module.evaluateInteger(*train.batch, "the batch");
    if (!given) {
      return std::nullopt;
    }
    batch = *given;
  } else if (usesData && !module.options.batch) {
    module.report(Diag::NoBatch, range).help("`.. for 10 epochs, batch 128`");
    return std::nullopt;
  }
  batch = module.options.batch.value_or(batch);
  if (batch < 1 || batch > 1 << 24) {
    module.report(Diag::BatchRange, range, batch)
        .help("a batch has 1 to 16777216 examples");
    return std::nullopt;
  }
  return batch;
}

/// A multiple that is far from any batch might be too large for a value.
void includeInNetBatch(Module &module, int64_t batch) {
  const int64_t common = std::lcm(module.netBatch, batch);
  if (common <= std::max({module.netBatch, batch, int64_t(1) << 14})) {
    module.netBatch = common;
  }
}

} // namespace

void findBatchAndClock(Module &module) {
  std::vector<std::string> streams;
  bool any = false, said = false;
  for (const auto &decl : module.file.declarations) {
    if (const auto *train = ast::as<ast::TrainDecl>(decl)) {
      any = true;
      size_t before = streams.size();
      streamsOf(module, train->body, streams);
      auto batch = readBatch(module, *train, streams.size() != before);
      module.trainBatches.push_back(batch.value_or(1));
      includeInNetBatch(module, module.trainBatches.back());
      bool saysOne = train->batch || module.options.batch;
      if (saysOne && !said) {
        said = true;
        module.program.batch = module.trainBatches.back();
      }
      if (train->duration->stream) {
        module.epochOwners.insert(train->duration->stream->text);
      }
    }
  }
  if (!any) {
    module.report(Diag::NoTrain, SourceRange{})
        .help("`train { fit(next fashion.train) } for 10 epochs, batch 128`");
  }
  std::set<std::string> &paths = module.drawnStreams;
  for (const std::string &path : streams) {
    if (!path.empty()) {
      paths.insert(path);
    }
  }
  if (module.epochOwners.size() == 1) {
    module.epochStream = *module.epochOwners.begin() + ".train";
  } else if (module.epochOwners.empty() && paths.size() == 1) {
    module.epochStream = *paths.begin();
  }
}

std::optional<std::string> Module::streamOf(const ast::DurationExpr &duration) {
  if (duration.stream) {
    const std::string &name = duration.stream->text;
    auto it = values.find(name);
    if (it == values.end() || it->second.kind != FileValue::Kind::Data) {
      report(Diag::EpochsOfUnknown, duration.stream->range, name);
      return std::nullopt;
    }
    use(it->second.range);
    if (!drawnStreams.count(name + ".train")) {
      report(Diag::EpochsUndrawn, duration.stream->range, name)
          .help(fmt::format("a turn takes `next {}.train`, or the duration "
                            "counts `rounds`",
                            name));
      return std::nullopt;
    }
    return name + ".train";
  }
  if (!epochStream) {
    std::string owners;
    for (const std::string &name : epochOwners) {
      owners += (owners.empty() ? "`" : " or `") + name + "`";
    }
    report(Diag::EpochOwner, duration.range,
           owners.empty() ? "no data set owns" : owners + " could own")
        .label("of which data set?")
        .help("`10 epochs of a`, or `1000 rounds`");
  }
  return epochStream;
}

std::optional<Duration> readDuration(Module &module,
                                     const ast::DurationExpr &duration) {
  Duration result;
  auto count = module.evaluateConstant(*duration.count);
  if (!count) {
    return std::nullopt;
  }
  if (!(*count > 0) || !std::isfinite(*count)) {
    module.report(Diag::DurationRange, duration.count->range, *count)
        .help("a duration is greater than 0");
    return std::nullopt;
  }
  result.count = *count;
  switch (duration.unit) {
  case ast::DurationUnit::Rounds:
    result.unit = Duration::Unit::Rounds;
    break;
  case ast::DurationUnit::Examples:
    result.unit = Duration::Unit::Examples;
    break;
  case ast::DurationUnit::Epochs: {
    result.unit = Duration::Unit::Epochs;
    auto stream = module.streamOf(duration);
    if (!stream) {
      return std::nullopt;
    }
    result.stream = *stream;
    break;
  }
  }
  return result;
}

} // namespace gmc::dsl
