// The plan, the entries and the data of the model in FakeModel.h. Its sums
// have one order whatever the number of threads, as compiled code's have.
#include "tests/runtime/train/FakeModel.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>
#include <vector>

namespace {

constexpr int batch = 8, pixels = 16, hidden = 4;

constexpr char planJson[] =
    R"json({"version": 3, "model": "fake", "source": "fake.gm",
 "hash": "0123456789abcdef", "type": "f32", "batch": 8,
 "constants": {"latent": 4},
 "tensors": [{"name": "Enc.linear0.weight", "shape": [4, 16], "role": "parameter",
   "network": "Enc", "initial": {"kind": "uniform", "a": -0.25, "b": 0.25}},
  {"name": "Dec.linear0.weight", "shape": [16, 4], "role": "parameter",
   "network": "Dec", "initial": {"kind": "normal", "a": 0, "b": 0.3}},
  {"name": "fit.sgd.Enc.linear0.weight.m", "shape": [4, 16],
   "role": "optimizer", "network": "Enc",
   "initial": {"kind": "constant", "a": 0}},
  {"name": "fit.sgd.Dec.linear0.weight.m", "shape": [16, 4],
   "role": "optimizer", "network": "Dec",
   "initial": {"kind": "constant", "a": 0}},
  {"name": "gain", "shape": [1], "role": "parameter", "network": "gain",
   "initial": {"kind": "constant", "a": 1}}],
 "counters": [{"name": "fit.sgd"}, {"name": "tune.sgd"}],
 "scalars": [{"kind": "hyper", "name": "lr", "value": 0.05,
   "limits": {"low": 0, "open": true}},
  {"kind": "hyper", "name": "momentum", "value": 0.5,
   "limits": {"low": 0, "high": 1}},
  {"kind": "hyper", "name": "poison", "value": 0},
  {"kind": "hyper", "name": "poison_where", "value": 0},
  {"kind": "hyper", "name": "nap", "value": 0},
  {"kind": "updates", "counter": 0},
  {"kind": "epochs", "stream": "tiny.train"}, {"kind": "rounds"},
  {"kind": "examples"},
  {"kind": "argument", "procedure": "sample", "name": "scale", "value": 1}],
 "datasets": [{"name": "tiny", "format": "idx", "source": "fashion-mnist",
   "fields": [{"name": "x", "shape": [1, 4, 4], "image": true, "low": 0, "high": 1,
     "binarize": false}]}],
 "entries": [{"kind": "step", "name": "fit", "step": "fit", "batch": 8,
   "inputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 0}],
   "outputs": [{"name": "w", "shape": [8], "number": 1}],
   "monitors": [{"name": "loss", "number": 2}],
   "norms": [{"name": "Enc", "number": 3}, {"name": "Dec", "number": 4}],
   "draws": [{"name": "fit/z", "site": "fedcba9876543210", "kind": "normal",
     "shape": [8, 2]},
    {"name": "fit/u", "site": "2a", "kind": "uniform"}],
   "counters": [0], "flops": 6144},
  {"kind": "step", "name": "tune", "step": "tune", "batch": 8,
   "inputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 5},
    {"name": "w", "shape": [8], "number": 6}],
   "monitors": [{"name": "loss", "number": 7}],
   "norms": [{"name": "gain", "number": 8}], "counters": [1]},
  {"kind": "report", "name": "report0", "step": "report0", "batch": 8,
   "inputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 9}],
   "outputs": [{"name": "mse", "shape": [8], "number": 10},
    {"name": "spread", "number": 11}]},
  {"kind": "report", "name": "report1", "step": "report1", "batch": 8,
   "inputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 12}],
   "outputs": [{"name": "last_mse", "shape": [8], "number": 13}]},
  {"kind": "procedure", "name": "sample", "step": "sample", "batch": 8,
   "outputs": [{"name": "y", "shape": [8, 1, 4, 4], "number": 14}]},
  {"kind": "procedure", "name": "reconstruct", "step": "reconstruct",
   "batch": 8,
   "inputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 15}],
   "outputs": [{"name": "x", "shape": [8, 1, 4, 4], "number": 16},
    {"name": "y", "shape": [8, 1, 4, 4], "number": 17}]},
  {"kind": "procedure", "name": "interpolate", "step": "interpolate",
   "batch": 1,
   "inputs": [{"name": "a", "shape": [1, 1, 4, 4], "number": 18},
    {"name": "b", "shape": [1, 1, 4, 4], "number": 19}],
   "outputs": [{"name": "y", "shape": [1, 3, 1, 4, 4], "number": 20}]}],
 "slots": 21,
 "trains": [{"batch": 8,
   "turns": [{"kind": "repeat", "count": 2,
     "turns": [{"kind": "call", "entry": 0, "results": ["w"],
       "arguments": [{"kind": "next", "dataset": "tiny", "split": "train"}]}]},
    {"kind": "every", "every": {"count": 3, "unit": "rounds"},
     "turns": [{"kind": "call", "entry": 1,
       "arguments": [{"kind": "same", "dataset": "tiny", "split": "train"},
        {"kind": "value", "value": "w"}]}]}],
   "duration": {"count": 3, "unit": "epochs", "stream": "tiny.train"}}],
 "reports": [{"walk": {"entry": 2, "dataset": "tiny", "split": "test", "fields": [0]},
   "every": {"count": 1, "unit": "epochs", "stream": "tiny.train"}},
  {"walk": {"entry": 3, "dataset": "tiny", "split": "test", "fields": [0]}}],
 "procedures": [{"entry": 4, "name": "sample",
   "arguments": [{"kind": "count", "name": "n", "value": 8},
    {"kind": "real", "name": "scale", "value": 1, "scalar": 9}],
   "emissions": [{"kind": "grid", "outputs": [0], "low": 0, "high": 1},
    {"kind": "npy", "outputs": [0]}]},
  {"entry": 5, "name": "reconstruct",
   "arguments": [{"kind": "data", "name": "x", "dataset": "tiny", "split": "test",
     "field": 0, "input": 0},
    {"kind": "count", "name": "n", "value": 4}],
   "emissions": [{"kind": "grid", "outputs": [0, 1], "low": 0, "high": 1},
    {"kind": "csv", "outputs": [1]}]},
  {"entry": 6, "name": "interpolate",
   "arguments": [{"kind": "data", "name": "a", "dataset": "tiny", "split": "test",
     "field": 0, "input": 0},
    {"kind": "data", "name": "b", "dataset": "tiny", "split": "test",
     "field": 0, "input": 1},
    {"kind": "fixed", "name": "k", "value": 3}],
   "emissions": [{"kind": "row", "outputs": [0], "low": 0, "high": 1}]}]})json";

constexpr char artifactJson[] =
    R"json({"abi": 3, "triple": "x86_64-linux-gnu", "processor": "x86-64",
 "features": ["sse2"], "pipeline": "scheduled", "stateBytes": 1088,
 "arenaBytes": 2752,
 "storage": [[{"offset": 0, "layout": "dense"}], [{"offset": 256, "layout": "dense"}],
  [{"offset": 512, "layout": "dense"}],
  [{"offset": 768, "layout": "dense"}],
  [{"offset": 1024, "layout": "dense"}]],
 "slots": [0, 512, 1344, 1408, 1472, 0, 1664, 1728, 1792, 0, 1856, 1920, 0, 1856,
  1984, 0, 0, 1984, 0, 2496, 2560],
 "kernels": [{"entry": 0, "name": "forward Enc.linear0", "kind": "product", "m": 8,
   "n": 4, "k": 16, "flops": 1024}]})json";

enum Scalar { Lr, Momentum, Poison, PoisonWhere, Nap, Updates, Epochs, Rounds };

/// Views of the regions, at the plan's offsets.
struct Memory {
  explicit Memory(const GmFrame *f)
      : w1(at(f->state, 0)), w2(at(f->state, 256)), m1(at(f->state, 512)),
        m2(at(f->state, 768)), gain(at(f->state, 1024)), x(at(f->arena, 0)),
        loss(at(f->arena, 512)), h(at(f->arena, 576)), e(at(f->arena, 704)),
        gh(at(f->arena, 1216)), rows1(at(f->arena, 1536)),
        rows2(at(f->arena, 1600)) {}
  static float *at(char *region, int offset) {
    return reinterpret_cast<float *>(region + offset);
  }
  float *w1, *w2, *m1, *m2, *gain, *x, *loss, *h, *e, *gh, *rows1, *rows2;
};

float *arenaAt(const GmFrame *f, int offset) {
  return Memory::at(f->arena, offset);
}

/// Norms are f64, whatever the model's type.
void setNorm(const GmFrame *f, int offset, double squares) {
  const double norm = std::sqrt(squares);
  std::memcpy(f->arena + offset, &norm, sizeof norm);
}

/// A number uniform on [-1, 1) for (key, index).
float noise(const uint32_t *key, uint32_t index) {
  uint64_t z = (uint64_t(key[1]) << 32 | key[0]) * 0x9e3779b97f4a7c15 +
               (uint64_t(key[3]) << 32 | key[2]) * 0xbf58476d1ce4e5b9 + index;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return float((z ^ (z >> 31)) >> 40) * 0x1p-23f - 1;
}

/// y = W2 W1 x, the hidden values to `h`.
void autoencode(const Memory &m, const float *x, float *h, float *y) {
  for (int j = 0; j < hidden; ++j) {
    h[j] = 0;
    for (int i = 0; i < pixels; ++i) {
      h[j] += m.w1[j * pixels + i] * x[i];
    }
  }
  for (int i = 0; i < pixels; ++i) {
    y[i] = 0;
    for (int j = 0; j < hidden; ++j) {
      y[i] += m.w2[i * hidden + j] * h[j];
    }
  }
}

void exampleBackward(const GmFrame *f, const Memory &m, int b) {
  float dirty[pixels];
  for (int i = 0; i < pixels; ++i) {
    dirty[i] = m.x[b * pixels + i] + 0.1f * noise(f->key, b * pixels + i);
  }
  float *e = m.e + b * pixels;
  autoencode(m, dirty, m.h + b * hidden, e);
  float sum = 0;
  for (int i = 0; i < pixels; ++i) {
    e[i] -= m.x[b * pixels + i];
    sum += e[i] * e[i];
  }
  m.loss[b] = sum;
  for (int j = 0; j < hidden; ++j) {
    float g = 0;
    for (int i = 0; i < pixels; ++i) {
      g += m.w2[i * hidden + j] * e[i];
    }
    m.gh[b * hidden + j] = g;
  }
}

/// Gradient and update of row `row` of a matrix with gradient
/// 2 / batch * sum_b left[b, row] right[b, column].
float updateRow(const GmFrame *f, float *w, float *moment, const float *left,
                int leftWidth, const float *right, int rightWidth, int row) {
  // A schedule of the epochs and of the updates: both must survive a resume.
  const auto rate = float(f->scalars[Lr] / (1 + 0.1 * f->scalars[Epochs] +
                                            0.001 * f->scalars[Updates]));
  const auto momentum = float(f->scalars[Momentum]);
  float squares = 0;
  for (int column = 0; column < rightWidth; ++column) {
    float g = 0;
    for (int b = 0; b < batch; ++b) {
      g += left[b * leftWidth + row] * right[b * rightWidth + column];
    }
    g *= 2.0f / batch;
    squares += g * g;
    const int at = row * rightWidth + column;
    moment[at] = momentum * moment[at] + g;
    w[at] -= rate * moment[at];
  }
  return squares;
}

void finishFit(const GmFrame *f, const Memory &m) {
  float loss = 0, norm1 = 0, norm2 = 0;
  for (int b = 0; b < batch; ++b) {
    loss += m.loss[b] / batch;
  }
  for (int j = 0; j < hidden; ++j) {
    norm1 += m.rows1[j];
  }
  for (int i = 0; i < pixels; ++i) {
    norm2 += m.rows2[i];
  }
  *arenaAt(f, 1344) = loss;
  setNorm(f, 1408, norm1);
  setNorm(f, 1472, norm2);
  if (f->scalars[Poison] > 0 && f->scalars[Updates] == f->scalars[Poison]) {
    // With its sign, as 0 / 0 gives it.
    const float nan = -std::numeric_limits<float>::quiet_NaN();
    const int where = int(f->scalars[PoisonWhere]);
    if (where == 1) {
      setNorm(f, 1472, nan);
    } else if (where == 5) {
      setNorm(f, 1472, 1e78);
    } else if (where == 0 || where == 2) {
      *(where == 0 ? arenaAt(f, 1344) : m.w2 + 5) = nan;
    }
  }
  if (f->scalars[Nap] > 0) {
    std::this_thread::sleep_for(
        std::chrono::microseconds(int64_t(f->scalars[Nap])));
  }
}

void fit(const GmFrame *f) {
  const Memory m(f);
  for (int64_t b = f->thread; b < batch; b += f->threads) {
    exampleBackward(f, m, int(b));
  }
  gmBarrier(f);
  float dirty[batch * pixels];
  for (int i = 0; i < batch * pixels; ++i) {
    dirty[i] = m.x[i] + 0.1f * noise(f->key, i);
  }
  for (int64_t i = f->thread; i < pixels; i += f->threads) {
    m.rows2[i] = updateRow(f, m.w2, m.m2, m.e, pixels, m.h, hidden, int(i));
  }
  for (int64_t j = f->thread; j < hidden; j += f->threads) {
    m.rows1[j] = updateRow(f, m.w1, m.m1, m.gh, hidden, dirty, pixels, int(j));
  }
  gmBarrier(f);
  if (f->thread == 0) {
    finishFit(f, m);
  }
}

void tune(const GmFrame *f) {
  if (f->thread != 0) {
    return;
  }
  const Memory m(f);
  const float *w = arenaAt(f, 1664);
  float gradient = 0;
  for (int b = 0; b < batch; ++b) {
    gradient += (*m.gain - w[b]) / batch + 0.01f * m.x[b * pixels];
  }
  *m.gain -= 0.1f * gradient;
  *arenaAt(f, 1728) = *m.gain;
  setNorm(f, 1792, gradient * gradient);
}

void report(const GmFrame *f) {
  if (f->thread != 0) {
    return;
  }
  const Memory m(f);
  float spread = 0;
  for (int b = 0; b < batch; ++b) {
    float h[hidden], y[pixels], sum = 0;
    autoencode(m, m.x + b * pixels, h, y);
    for (int i = 0; i < pixels; ++i) {
      const float d = y[i] - m.x[b * pixels + i];
      sum += d * d;
    }
    arenaAt(f, 1856)[b] = sum;
    spread += sum * sum / batch;
  }
  *arenaAt(f, 1920) = spread;
  if (f->scalars[PoisonWhere] == 3 &&
      f->scalars[Updates] >= f->scalars[Poison]) {
    arenaAt(f, 1856)[1] = -std::numeric_limits<float>::quiet_NaN();
  }
  // Scratch of an entry may lie anywhere in the arena.
  std::memset(f->arena + 512, 0x7f, 832);
  std::memset(f->arena + 1664, 0x7f, 64);
}

void sample(const GmFrame *f) {
  const Memory m(f);
  for (int64_t b = f->thread; b < batch; b += f->threads) {
    for (int i = 0; i < pixels; ++i) {
      const float z = noise(f->key, uint32_t(b * pixels + i));
      arenaAt(f, 1984)[b * pixels + i] =
          0.5f + 0.5f * float(f->scalars[9]) * z * m.w2[i];
    }
    if (f->scalars[PoisonWhere] == 4) {
      arenaAt(f, 1984)[b * pixels] = -std::numeric_limits<float>::quiet_NaN();
    }
  }
}

void reconstruct(const GmFrame *f) {
  const Memory m(f);
  for (int64_t b = f->thread; b < batch; b += f->threads) {
    float h[hidden];
    autoencode(m, m.x + b * pixels, h, arenaAt(f, 1984) + b * pixels);
  }
}

void interpolate(const GmFrame *f) {
  if (f->thread != 0) {
    return;
  }
  const float *a = arenaAt(f, 0), *b = arenaAt(f, 2496);
  for (int t = 0; t < 3; ++t) {
    for (int i = 0; i < pixels; ++i) {
      arenaAt(f, 2560)[t * pixels + i] = a[i] + 0.5f * float(t) * (b[i] - a[i]);
    }
  }
}

void forwardKernel(const GmFrame *f) {
  const Memory m(f);
  for (int64_t b = f->thread; b < batch; b += f->threads) {
    float y[pixels];
    autoencode(m, m.x + b * pixels, m.h + b * hidden, y);
  }
}

} // namespace

namespace gmc::runtime::fake {

static const GmEntry entries[] = {fit,    tune,        report,     report,
                                  sample, reconstruct, interpolate};
static const GmEntry kernels[] = {forwardKernel};

static const GmArtifact artifact = {artifactJson, sizeof artifactJson - 1,
                                    entries, kernels};
static const GmArtifact *const artifacts[] = {&artifact};

CompiledModel model() { return {planText(), artifacts}; }

std::string_view planText() { return {planJson, sizeof planJson - 1}; }

std::string_view artifactText() {
  return {artifactJson, sizeof artifactJson - 1};
}

CompiledModel ChangedModel::compiled() {
  table = {artifact.data(), int64_t(artifact.size()), entries, kernels};
  list = &table;
  return {plan, {&list, 1}};
}

static void writeIdx(const std::filesystem::path &path, int items) {
  std::string bytes{'\0', '\0', '\x08', '\x03'};
  for (int extent : {items, 4, 4}) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes += char(extent >> shift & 0xff);
    }
  }
  const uint32_t key[4] = {7, 7, uint32_t(items), 0};
  for (int item = 0; item < items; ++item) {
    // Four patterns, noisy: what four hidden units can hold.
    for (int i = 0; i < pixels; ++i) {
      const float n = noise(key, uint32_t(item * pixels + i));
      const int on = (i / 4 == item % 4 || i % 4 == item % 4) ? 160 : 40;
      bytes += char(on + int(40 * n));
    }
  }
  std::ofstream(path, std::ios::binary) << bytes;
}

std::filesystem::path writeData(const std::filesystem::path &folder,
                                int trainItems, int testItems) {
  std::filesystem::create_directories(folder);
  writeIdx(folder / "train-images-idx3-ubyte", trainItems);
  writeIdx(folder / "t10k-images-idx3-ubyte", testItems);
  return folder;
}

} // namespace gmc::runtime::fake
