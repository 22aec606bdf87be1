//===- Manifest.cpp - parse and check the manifest
//-------------------------===//
//
// One function for each struct of Manifest.h, in their order. Everything that
// the runtime later uses as an index or an address is checked here against
// what it points into.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Manifest.h"

#include "runtime/abi/gmAbi.h"
#include "runtime/core/ManifestReader.h"
#include "runtime/core/Tensor.h"

#include <algorithm>
#include <charconv>

namespace gmc::runtime {

static constexpr int64_t largest = int64_t(1) << 62;

int64_t elementsOf(const Shape &shape) {
  int64_t product = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product) ||
        product > largest) {
      fail(ExitInternal, "the shape {} has too many elements",
           spellingOf(shape));
    }
  }
  return product;
}

std::string spellingOf(const Shape &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

const DatasetSpec *Manifest::findDataset(std::string_view name) const {
  for (const DatasetSpec &dataset : datasets) {
    if (dataset.name == name) {
      return &dataset;
    }
  }
  return nullptr;
}

static Shape readShape(const Member &m) {
  return m.list("shape", [](const Member &e) { return e.integer(0, largest); });
}

/// Throws unless [offset, offset + bytes) lies in a region of `limit` bytes.
static void checkRange(const Member &m, int64_t offset, int64_t elements,
                       ScalarType type, int64_t limit) {
  if (offset % sizeOf(type) != 0) {
    m.complain("offset {} is not a multiple of {}", offset, sizeOf(type));
  }
  if (offset > limit || elements > (limit - offset) / sizeOf(type)) {
    m.complain("{} numbers at offset {} end past the region's {} bytes",
               elements, offset, limit);
  }
}

static Storage readStorage(const Member &m, const Shape &shape,
                           const Manifest &manifest) {
  Storage s;
  s.offset = m.at("offset").integer(0, largest);
  s.layout = m.at("layout").oneOf<Storage::Layout>({"dense", "panels"});
  if (s.layout == Storage::Layout::Panels) {
    if (shape.size() != 2) {
      m.complain("panels hold a matrix, the shape is {}", spellingOf(shape));
    }
    s.axis = static_cast<int>(m.at("axis").integer(0, 1));
    s.width = m.at("width").integer(1, 4096);
  }
  if (s.offset % 64 != 0) {
    m.complain("offset {} is not a multiple of 64", s.offset);
  }
  checkRange(m, s.offset, storedElements(shape, s), manifest.type,
             manifest.stateBytes);
  return s;
}

static TensorSpec readTensor(const Member &m, const Manifest &manifest) {
  TensorSpec t;
  t.name = m.at("name").text();
  t.shape = readShape(m);
  t.role = m.at("role").text();
  t.network = m.textOr("network", "");
  Member init = m.at("init");
  t.init.kind = init.at("kind").oneOf<Initial::Kind>(
      {"constant", "normal", "uniform", "orthogonal"});
  t.init.a = init.numberOr("a", 0);
  t.init.b = init.numberOr("b", 0);
  t.init.drawnAs = init.textOr("as", "");
  t.storage = m.list("storage", [&](const Member &e) {
    return readStorage(e, t.shape, manifest);
  });
  if (t.storage.empty()) {
    m.complain("the tensor has no storage");
  }
  return t;
}

std::string spellingOf(const Limits &limits) {
  std::string text;
  if (limits.low) {
    text = fmt::format("{} {}", limits.open ? "greater than" : "at least",
                       *limits.low);
  }
  if (limits.high) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " and ",
                        limits.closed ? "at most" : "less than", *limits.high);
  }
  return text;
}

static Limits readLimits(const Member &m) {
  Limits limits;
  limits.open = m.booleanOr("open", false);
  limits.closed = m.booleanOr("closed", false);
  for (const auto &[name, bound] :
       {std::pair("low", &limits.low), std::pair("high", &limits.high)}) {
    if (m.has(name)) {
      *bound = m.at(name).number();
    }
  }
  return limits;
}

static ScalarSpec readScalar(const Member &m, const Manifest &manifest) {
  using Kind = ScalarSpec::Kind;
  ScalarSpec s;
  s.kind =
      m.at("kind").oneOf<Kind>({"hyper", "rounds", "epochs", "examples",
                                "records", "levels", "updates", "argument"});
  if (s.kind == Kind::Hyper || s.kind == Kind::Argument ||
      s.kind == Kind::Levels) {
    s.name = m.at("name").text();
    s.value = m.numberOr("value", 0);
    s.procedure = m.textOr("procedure", "");
    s.limits = readLimits(m);
    s.takenBy = m.textOr("takenBy", "");
    s.whole = m.booleanOr("whole", false);
  }
  if (s.kind == Kind::Levels) {
    s.stream = m.textOr("stream", "");
  }
  if (s.kind == Kind::Epochs || s.kind == Kind::Records) {
    s.stream = m.at("stream").text();
    s.value = s.kind == Kind::Records ? 1 : 0; // until they are counted
  }
  if (s.kind == Kind::Updates) {
    auto counters = static_cast<int64_t>(manifest.counters.size());
    s.counter = m.at("counter").integer(0, counters - 1);
  }
  return s;
}

static FieldSpec readField(const Member &m) {
  FieldSpec f;
  f.name = m.at("name").text();
  f.shape = readShape(m);
  f.image = m.booleanOr("image", false);
  f.low = m.numberOr("low", 0);
  f.high = m.numberOr("high", 1);
  f.binarize = m.booleanOr("binarize", false);
  f.classes = m.has("classes") ? m.at("classes").integer(0, largest) : 0;
  f.bounded = m.booleanOr("bounded", false);
  f.binary = m.booleanOr("binary", false);
  f.mask = m.booleanOr("mask", false);
  f.flip = m.booleanOr("flip", false);
  f.resize = m.booleanOr("resize", false);
  f.cropFrom = m.has("cropFrom") ? m.at("cropFrom").integer(0, largest) : 0;
  f.dequantize = m.booleanOr("dequantize", false);
  auto number = [](const Member &e) { return e.number(); };
  f.mean = m.list("mean", number);
  f.deviation = m.list("deviation", number);
  if (f.mean.size() != f.deviation.size()) {
    m.complain("{} means and {} deviations", f.mean.size(), f.deviation.size());
  }
  if ((f.flip || f.resize || f.cropFrom > 0) && !f.image) {
    m.complain("only images are cut, resized or mirrored");
  }
  if (f.image && f.shape.size() != 3) {
    m.complain("an image has the shape {}", spellingOf(f.shape));
  }
  return f;
}

static DatasetSpec readDataset(const Member &m) {
  DatasetSpec d;
  d.name = m.at("name").text();
  d.format = m.at("format").text();
  d.source = m.at("source").text();
  d.fields = m.list("fields", readField);
  if (d.fields.empty()) {
    m.complain("the data set has no fields");
  }
  if (m.has("settings")) {
    for (const auto &[name, value] : m.at("settings").json().items()) {
      d.settings[name] = Member(value, "settings." + name).number();
    }
  }
  d.testShare = m.numberOr("testShare", 0);
  d.subset = m.has("subset") ? m.at("subset").integer(0, largest) : 0;
  d.balance = m.textOr("balance", "");
  d.filter = m.textOr("filter", "");
  d.leftOut =
      m.list("leftOut", [](const Member &e) { return e.integer(0, largest); });
  d.of = m.textOr("of", "");
  d.record = m.list("record", readField);
  const auto &labels = d.of.empty() ? d.fields : d.record;
  for (const std::string &label : {d.balance, d.filter}) {
    if (!label.empty() &&
        std::none_of(labels.begin(), labels.end(), [&](const FieldSpec &f) {
          return f.name == label && f.classes > 0;
        })) {
      m.complain("there is no label `{}`", label);
    }
  }
  return d;
}

static Slot readSlot(const Member &m, const Manifest &manifest) {
  Slot s;
  s.name = m.textOr("name", "");
  s.offset = m.at("offset").integer(0, largest);
  s.shape = readShape(m);
  checkRange(m, s.offset, elementsOf(s.shape), manifest.type,
             manifest.arenaBytes);
  return s;
}

static DrawSpec readDraw(const Member &m) {
  DrawSpec draw;
  draw.name = m.at("name").text();
  const std::string site = m.at("site").text();
  const char *last = site.data() + site.size();
  const auto [end, error] = std::from_chars(site.data(), last, draw.site, 16);
  if (error != std::errc() || end != last) {
    m.at("site").complain("`{}` is no hexadecimal number", printable(site));
  }
  draw.isNormal = m.at("kind").oneOf<int>({"uniform", "normal"}) == 1;
  draw.shape = readShape(m);
  return draw;
}

static EntrySpec readEntry(const Member &m, const Manifest &manifest) {
  auto slot = [&](const Member &e) { return readSlot(e, manifest); };
  EntrySpec entry;
  entry.kind =
      m.at("kind").oneOf<EntrySpec::Kind>({"step", "report", "procedure"});
  entry.name = m.at("name").text();
  entry.step = m.textOr("step", entry.name.c_str());
  entry.batch = m.at("batch").integer(1, largest);
  entry.inputs = m.list("inputs", slot);
  entry.outputs = m.list("outputs", slot);
  entry.monitors = m.list("monitors", slot);
  entry.norms = m.list("norms", [&](const Member &e) {
    EntrySpec::Norm norm{e.at("network").text(),
                         e.at("offset").integer(0, largest)};
    checkRange(e, norm.offset, 1, ScalarType::F64, manifest.arenaBytes);
    return norm;
  });
  entry.limits = m.list("limits", [&](const Member &e) {
    return EntrySpec::Limit{e.at("name").text(), slot(e).offset, readLimits(e)};
  });
  entry.draws = m.list("draws", readDraw);
  entry.counters = m.list("counters", [&](const Member &e) {
    auto counters = static_cast<int64_t>(manifest.counters.size());
    return e.integer(0, counters - 1);
  });
  entry.flops = m.has("flops") ? m.at("flops").integer(0, largest) : 0;
  return entry;
}

static int64_t readEntryIndex(const Member &m, const Manifest &manifest) {
  auto entries = static_cast<int64_t>(manifest.entries.size());
  return m.at("entry").integer(0, entries - 1);
}

static KernelSpec readKernel(const Member &m, const Manifest &manifest) {
  KernelSpec k;
  k.entry = readEntryIndex(m, manifest);
  k.name = m.at("name").text();
  k.kind = m.at("kind").text();
  auto extent = [&](const char *key) {
    return m.has(key) ? m.at(key).integer(0, largest) : 0;
  };
  k.m = extent("m");
  k.n = extent("n");
  k.k = extent("k");
  k.flops = extent("flops");
  return k;
}

static Duration readDuration(const Member &m) {
  Duration d;
  d.count = m.at("count").number();
  d.unit = m.at("unit").text();
  d.stream = m.textOr("stream", "");
  if (d.unit != "rounds" && d.unit != "epochs" && d.unit != "examples") {
    m.complain("the unit `{}` is not known", printable(d.unit));
  }
  return d;
}

/// Reads the members `dataset`, `split` and `field` and checks that the data
/// set has such a field.
static void readSource(const Member &m, const Manifest &manifest,
                       std::string &dataset, std::string &split,
                       int64_t &field) {
  dataset = m.at("dataset").text();
  split = m.at("split").text();
  const DatasetSpec *spec = manifest.findDataset(dataset);
  if (!spec) {
    m.complain("there is no data set `{}`", printable(dataset));
  }
  auto fields = static_cast<int64_t>(spec->fields.size());
  field = m.at("field").integer(0, fields - 1);
}

/// Returns the place of what `m` names among `all`.
template <typename T>
static int64_t indexOf(const std::vector<T> &all, const Member &m) {
  const std::string name = m.text();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) {
      return static_cast<int64_t>(i);
    }
  }
  m.complain("`{}` is not known", printable(name));
}

static PoolSpec readPool(const Member &m, const Manifest &manifest) {
  PoolSpec pool;
  pool.name = m.at("name").text();
  pool.tensor = indexOf(manifest.tensors, m.at("tensor"));
  pool.replace = m.at("replace").number();
  const TensorSpec &tensor = manifest.tensors[pool.tensor];
  if (tensor.shape.empty() || tensor.storage.size() != 1 ||
      tensor.storage[0].layout != Storage::Layout::Dense) {
    m.complain("the tensor of a pool lies row by row in one place");
  }
  pool.capacity = tensor.shape[0];
  return pool;
}

static CallArgument readCallArgument(const Member &m,
                                     const Manifest &manifest) {
  CallArgument a;
  using Kind = CallArgument::Kind;
  a.kind = m.at("kind").oneOf<Kind>({"next", "same", "value", "pool"});
  if (a.kind == Kind::Next || a.kind == Kind::Same) {
    readSource(m, manifest, a.dataset, a.split, a.field);
    return a;
  }
  a.name = m.at("name").text();
  if (a.kind == Kind::Pool) {
    a.pool = indexOf(manifest.pools, m.at("pool"));
  }
  return a;
}

/// Reads the entry that a turn runs and checks what it takes and gives.
static void readCallee(const Member &m, const Manifest &manifest, Turn &turn) {
  turn.entry = readEntryIndex(m, manifest);
  const EntrySpec &entry = manifest.entries[turn.entry];
  if (turn.arguments.size() != entry.inputs.size()) {
    m.complain("`{}` takes {} arguments, {} are given", entry.name,
               entry.inputs.size(), turn.arguments.size());
  }
  if (turn.kind == Turn::Kind::When &&
      (entry.outputs.size() != 1 || elementsOf(entry.outputs[0].shape) != 1)) {
    m.complain("the condition `{}` is one number", entry.name);
  }
}

static void checkDraw(const Member &m, const Turn &turn) {
  for (const CallArgument &argument : turn.arguments) {
    if (argument.kind == CallArgument::Kind::Value) {
      m.complain("a draw takes fields of data, and what a pool gives");
    }
  }
  if (turn.results.size() != turn.arguments.size()) {
    m.complain("{} names for {} fields", turn.results.size(),
               turn.arguments.size());
  }
}

static Turn readTurn(const Member &m, const Manifest &manifest) {
  Turn turn;
  using Kind = Turn::Kind;
  turn.kind = m.at("kind").oneOf<Kind>(
      {"call", "repeat", "every", "when", "draw", "once"});
  if (turn.kind == Kind::Repeat) {
    turn.count = m.at("count").integer(1, largest);
  } else if (turn.kind == Kind::Every) {
    turn.every = readDuration(m.at("every"));
    if (!(turn.every.count > 0) ||
        (turn.every.unit == "rounds" &&
         turn.every.count != double(int64_t(turn.every.count)))) {
      m.complain("`every` of {} {}", turn.every.count,
                 printable(turn.every.unit));
    }
  } else {
    turn.arguments = m.list("arguments", [&](const Member &e) {
      return readCallArgument(e, manifest);
    });
  }
  if (turn.kind == Kind::Call || turn.kind == Kind::When ||
      turn.kind == Kind::Once) {
    readCallee(m, manifest, turn);
  }
  if (turn.kind == Kind::Call || turn.kind == Kind::Draw) {
    turn.results = m.texts("results");
  } else {
    turn.turns =
        m.list("turns", [&](const Member &e) { return readTurn(e, manifest); });
  }
  if (turn.kind == Kind::Draw) {
    checkDraw(m, turn);
  }
  return turn;
}

static TrainSpec readTrain(const Member &m, const Manifest &manifest) {
  TrainSpec train;
  train.name = m.textOr("name", "");
  train.batch =
      m.has("batch") ? m.at("batch").integer(1, largest) : manifest.batch;
  train.turns =
      m.list("turns", [&](const Member &e) { return readTurn(e, manifest); });
  train.duration = readDuration(m.at("duration"));
  return train;
}

/// The entry `end` has an input for each statistic, with the numbers of one
/// example of the output that it is taken of.
static void readStatistics(const Member &m, const Manifest &manifest,
                           ReportSpec &r) {
  r.statistics = m.list("statistics", [](const Member &e) {
    return e.oneOf<Statistic>({"mean", "var", "min", "max", "frechet"});
  });
  if (r.statistics.empty()) {
    return;
  }
  const auto entries = static_cast<int64_t>(manifest.entries.size());
  r.end = m.at("end").integer(0, entries - 1);
  const EntrySpec &entry = manifest.entries[r.walk.entry];
  const std::vector<Slot> &inputs = manifest.entries[r.end].inputs;
  const size_t count = r.statistics.size();
  bool fits = inputs.size() == count && entry.outputs.size() >= count;
  for (size_t i = 0; fits && i < count; ++i) {
    const Slot &output = entry.outputs[entry.outputs.size() - count + i];
    const int64_t numbers = elementsOf(output.shape) / entry.batch;
    const bool isDistance = r.statistics[i] == Statistic::Frechet;
    fits = !output.shape.empty() && output.shape[0] == entry.batch &&
           (isDistance ? numbers % 2 == 0 && elementsOf(inputs[i].shape) == 1
                       : numbers == elementsOf(inputs[i].shape));
  }
  if (!fits) {
    m.complain("the entry `end` does not take these statistics");
  }
}

static SetWalk readWalk(const Member &m, const Manifest &manifest) {
  SetWalk w;
  w.entry = readEntryIndex(m, manifest);
  w.dataset = m.textOr("dataset", "");
  w.split = m.textOr("split", "");
  w.fields =
      m.list("fields", [](const Member &e) { return e.integer(0, largest); });
  const DatasetSpec *dataset = manifest.findDataset(w.dataset);
  for (int64_t field : w.fields) {
    if (!dataset || field >= static_cast<int64_t>(dataset->fields.size())) {
      m.complain("data set `{}` has no field {}", w.dataset, field);
    }
  }
  return w;
}

static DiagnosisSpec readDiagnosis(const Member &m, const Manifest &manifest) {
  DiagnosisSpec d;
  d.walk = readWalk(m, manifest);
  d.step = m.at("step").text();
  d.probes = m.list("probes", [](const Member &e) {
    Probe probe;
    probe.kind = e.at("kind").oneOf<Probe::Kind>(
        {"latent", "codes", "spread", "critic", "posterior"});
    probe.name = e.at("name").text();
    return probe;
  });
  size_t outputs = 0;
  for (const Probe &probe : d.probes) {
    outputs += outputsOf(probe.kind);
  }
  const EntrySpec &entry = manifest.entries[d.walk.entry];
  if (entry.outputs.size() != outputs ||
      entry.inputs.size() != d.walk.fields.size()) {
    m.complain("the entry does not fit the probes");
  }
  for (const Slot &output : entry.outputs) {
    if (output.shape.empty() || output.shape[0] != entry.batch) {
      m.complain("`{}` is not of each example", output.name);
    }
  }
  return d;
}

static ReportSpec readReport(const Member &m, const Manifest &manifest) {
  ReportSpec r;
  r.walk = readWalk(m, manifest);
  readStatistics(m, manifest, r);
  r.values = m.texts("values");
  const size_t given = r.walk.fields.size() + r.values.size();
  if (given != manifest.entries[r.walk.entry].inputs.size()) {
    m.complain("the entry takes {} inputs, {} fields are given",
               manifest.entries[r.walk.entry].inputs.size(), given);
  }
  if (!r.values.empty()) {
    auto trains = static_cast<int64_t>(manifest.trains.size());
    r.train = m.at("train").integer(0, trains - 1);
  }
  r.atEnd = m.booleanOr("atEnd", false);
  if (!r.atEnd) {
    r.every = readDuration(m.at("every"));
  }
  return r;
}

static ProcedureArgument readProcedureArgument(const Member &m,
                                               const EntrySpec &entry,
                                               const Manifest &manifest) {
  using Kind = ProcedureArgument::Kind;
  ProcedureArgument a;
  a.kind = m.at("kind").oneOf<Kind>(
      {"count", "data", "fixed", "real", "text", "file"});
  a.name = m.at("name").text();
  if (a.kind == Kind::Data || a.kind == Kind::File) {
    if (a.kind == Kind::Data) {
      readSource(m, manifest, a.dataset, a.split, a.field);
    } else {
      a.item = readField(m.at("item"));
    }
    auto inputs = static_cast<int64_t>(entry.inputs.size());
    a.input = m.at("input").integer(0, inputs - 1);
    return a;
  }
  a.value = m.at("value").number();
  a.all = m.booleanOr("all", false);
  a.classes = m.has("classes") ? m.at("classes").integer(0, largest) : 0;
  a.choices = m.texts("choices");
  if ((a.kind == Kind::Text) == a.choices.empty()) {
    m.complain("a text has choices, and nothing else has");
  }
  if (a.kind == Kind::Real || a.kind == Kind::Text) {
    auto scalars = static_cast<int64_t>(manifest.scalars.size());
    a.scalar = m.at("scalar").integer(0, scalars - 1);
  }
  return a;
}

static ProcedureSpec readProcedure(const Member &m, const Manifest &manifest) {
  ProcedureSpec p;
  p.entry = readEntryIndex(m, manifest);
  const EntrySpec &entry = manifest.entries[p.entry];
  p.name = m.at("name").text();
  p.arguments = m.list("arguments", [&](const Member &e) {
    return readProcedureArgument(e, entry, manifest);
  });
  p.emits = m.list("emits", [&](const Member &e) {
    auto outputs = static_cast<int64_t>(entry.outputs.size());
    Emission emission;
    emission.kind = e.at("kind").text();
    emission.outputs = e.list(
        "outputs", [&](const Member &o) { return o.integer(0, outputs - 1); });
    emission.texts = e.texts("texts");
    emission.names = e.texts("names");
    emission.low = e.numberOr("low", 0);
    emission.high = e.numberOr("high", 1);
    emission.dataset = e.textOr("dataset", "");
    return emission;
  });
  return p;
}

/// Reads what the other members are checked against.
static void readHead(const Member &root, Manifest &m) {
  int64_t abi = root.at("abi").integer(0, largest);
  if (abi != GM_ABI_VERSION) {
    root.complain("it has ABI version {}, this runtime has {}; compile the "
                  "model with the gmc that this runtime came with",
                  abi, GM_ABI_VERSION);
  }
  m.model = root.at("model").text();
  m.source = root.textOr("source", "");
  m.hash = root.at("hash").text();
  m.type = root.at("type").oneOf<ScalarType>({"f32", "f64"});
  if (root.has("target")) {
    m.triple = root.at("target").textOr("triple", "");
    m.cpu = root.at("target").textOr("cpu", "");
    m.features = root.at("target").texts("features");
  }
  m.pipeline = root.textOr("pipeline", "");
  m.batch = root.at("batch").integer(1, largest);
  m.stateBytes = root.at("stateBytes").integer(0, largest);
  m.arenaBytes = root.at("arenaBytes").integer(0, largest);
  m.counters = root.texts("counters");
  if (root.has("constants")) {
    for (const auto &[name, value] : root.at("constants").json().items()) {
      m.constants[name] = Member(value, "constants." + name).number();
    }
  }
}

const FieldSpec &itemOf(const ProcedureArgument &argument,
                        const Manifest &manifest) {
  const DatasetSpec *dataset = manifest.findDataset(argument.dataset);
  return dataset ? dataset->fields[argument.field] : argument.item;
}

Manifest parseManifest(std::string_view text) {
  // A parse error gives a discarded value and no exception.
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  Member root(json, "");
  if (!json.is_object()) {
    root.complain("it is not a JSON object");
  }
  Manifest m;
  readHead(root, m);
  auto with = [&m](auto read) {
    return [&m, read](const Member &e) { return read(e, m); };
  };
  m.tensors = root.list("tensors", with(readTensor));
  m.scalars = root.list("scalars", with(readScalar));
  m.datasets = root.list("datasets", readDataset);
  m.entries = root.list("entries", with(readEntry));
  m.kernels = root.list("kernels", with(readKernel));
  m.pools = root.list("pools", with(readPool));
  m.imports = root.list("imports", [](const Member &e) {
    return ImportSpec{e.at("network").text(), e.at("of").text(),
                      e.at("source").text()};
  });
  m.trains = root.list("trains", with(readTrain));
  m.reports = root.list("reports", with(readReport));
  m.diagnoses = root.list("diagnoses", with(readDiagnosis));
  m.undiagnosed = root.list("undiagnosed", [](const Member &e) {
    return UndiagnosedSpec{e.at("step").text(), e.at("why").text()};
  });
  m.procedures = root.list("procedures", with(readProcedure));
  std::map<std::string_view, int> seen;
  for (const TensorSpec &tensor : m.tensors) {
    if (++seen[tensor.name] > 1) {
      root.complain("two tensors are named `{}`", printable(tensor.name));
    }
  }
  return m;
}

} // namespace gmc::runtime
