//===- SamplePlan.h - a small plan for the tests ----------------*- C++ -*-===//
//
// A model with a matrix in two panel layouts, a bias, two optimiser tensors,
// and one of everything else that a plan may hold.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_RUNTIME_PLAN_SAMPLEPLAN_H
#define GMC_TESTS_RUNTIME_PLAN_SAMPLEPLAN_H

#include <nlohmann/json.hpp>

namespace gmc::runtime::test {

inline nlohmann::json samplePlan() {
  return nlohmann::json::parse(R"plan(
{"version": 3, "model": "vae", "source": "vae.gm",
 "hash": "0123456789abcdef", "type": "f32", "batch": 4,
 "constants": {"latent": 20},
 "tensors": [{"name": "Enc.w", "shape": [5, 3], "role": "parameter", "network": "Enc",
   "initial": {"kind": "uniform", "a": -0.5, "b": 0.5}},
  {"name": "Enc.b", "shape": [5], "role": "parameter", "network": "Enc",
   "initial": {"kind": "normal", "a": 0, "b": 1}},
  {"name": "fit.adam.Enc.b.m", "shape": [5], "role": "optimizer",
   "network": "Enc", "initial": {"kind": "constant", "a": 0}},
  {"name": "k", "shape": [], "role": "state",
   "initial": {"kind": "constant", "a": 0.5}}],
 "counters": [{"name": "fit.adam"}],
 "scalars": [{"kind": "hyper", "name": "lr", "value": 0.001,
   "limits": {"low": 0, "open": true}},
  {"kind": "rounds"}, {"kind": "epochs", "stream": "fashion.train"},
  {"kind": "examples"}, {"kind": "updates", "counter": 0},
  {"kind": "argument", "procedure": "interpolate", "name": "t", "value": 0}],
 "datasets": [{"name": "fashion", "format": "idx", "source": "fashion-mnist",
   "fields": [{"name": "x", "shape": [1, 28, 28], "image": true, "low": 0, "high": 1,
     "binarize": false}]}],
 "entries": [{"kind": "step", "name": "fit", "step": "fit", "batch": 4,
   "inputs": [{"name": "x", "shape": [4], "number": 0}],
   "outputs": [{"name": "w", "shape": [4], "number": 1}],
   "monitors": [{"name": "loss", "number": 2}],
   "norms": [{"name": "Enc", "number": 3}], "counters": [0], "flops": 7},
  {"kind": "report", "name": "report0", "step": "report0", "batch": 4,
   "inputs": [{"name": "x", "shape": [4], "number": 4}],
   "outputs": [{"name": "elbo", "shape": [4], "number": 5}]},
  {"kind": "procedure", "name": "sample", "step": "sample", "batch": 64,
   "outputs": [{"name": "o", "shape": [64, 1, 2, 2], "number": 6}]}],
 "slots": 7,
 "trains": [{"batch": 4,
   "turns": [{"kind": "call", "entry": 0, "results": ["w"],
     "arguments": [{"kind": "next", "dataset": "fashion", "split": "train"}]},
    {"kind": "repeat", "count": 5,
     "turns": [{"kind": "every", "every": {"count": 16, "unit": "rounds"}}]}],
   "duration": {"count": 50, "unit": "epochs", "stream": "fashion.train"}}],
 "reports": [{"walk": {"entry": 1, "dataset": "fashion", "split": "test", "fields": [0]},
   "every": {"count": 1, "unit": "epochs", "stream": "fashion.train"}},
  {"walk": {"entry": 1, "dataset": "fashion", "split": "test", "fields": [0]}}],
 "procedures": [{"entry": 2, "name": "sample",
   "arguments": [{"kind": "count", "name": "n", "value": 64},
    {"kind": "real", "name": "t", "value": 0.5, "scalar": 5}],
   "emissions": [{"kind": "grid", "outputs": [0], "low": 0, "high": 1}]}]}
)plan");
}

inline nlohmann::json sampleArtifact() {
  return nlohmann::json::parse(R"artifact(
{"abi": 3, "triple": "x86_64", "processor": "znver5", "features": ["avx2"],
 "pipeline": "scheduled", "stateBytes": 1024, "arenaBytes": 4096,
 "storage": [[{"offset": 0, "layout": "panels", "axis": 0, "width": 4},
   {"offset": 128, "layout": "panels", "axis": 1, "width": 4}],
  [{"offset": 256, "layout": "dense"}],
  [{"offset": 320, "layout": "dense"}],
  [{"offset": 384, "layout": "dense"}]],
 "slots": [0, 64, 128, 192, 0, 0, 0],
 "kernels": [{"entry": 0, "name": "forward", "kind": "product", "m": 4, "n": 5, "k": 3,
   "flops": 120}]}
)artifact");
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_PLAN_SAMPLEPLAN_H
