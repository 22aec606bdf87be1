//===- SampleManifest.h - a small manifest for the tests --------*- C++ -*-===//
//
// A model with a matrix in two panel layouts, a bias, two optimiser tensors,
// and one of everything else that a manifest may hold.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_RUNTIME_CORE_SAMPLEMANIFEST_H
#define GMC_TESTS_RUNTIME_CORE_SAMPLEMANIFEST_H

#include <nlohmann/json.hpp>

namespace gmc::runtime::test {

inline nlohmann::json sampleManifest() {
  return nlohmann::json::parse(R"({
  "abi": 2, "model": "vae", "source": "vae.gm", "hash": "0123456789abcdef",
  "type": "f32",
  "target": {"triple": "x86_64", "cpu": "znver5", "features": ["avx2"]},
  "pipeline": "scheduled", "batch": 4, "stateBytes": 1024, "arenaBytes": 4096,
  "constants": {"latent": 20},
  "tensors": [
    {"name": "Enc.w", "shape": [5, 3], "role": "parameter", "network": "Enc",
     "init": {"kind": "uniform", "a": -0.5, "b": 0.5},
     "storage": [
       {"offset": 0, "layout": "panels", "axis": 0, "width": 4},
       {"offset": 128, "layout": "panels", "axis": 1, "width": 4}]},
    {"name": "Enc.b", "shape": [5], "role": "parameter", "network": "Enc",
     "init": {"kind": "normal", "a": 0, "b": 1},
     "storage": [{"offset": 256, "layout": "dense"}]},
    {"name": "fit.adam.Enc.b.m", "shape": [5], "role": "optimizer",
     "network": "Enc", "init": {"kind": "constant", "a": 0},
     "storage": [{"offset": 320, "layout": "dense"}]},
    {"name": "k", "shape": [], "role": "state",
     "init": {"kind": "constant", "a": 0.5},
     "storage": [{"offset": 384, "layout": "dense"}]}],
  "counters": ["fit.adam"],
  "scalars": [
    {"kind": "hyper", "name": "lr", "value": 0.001, "low": 0, "open": true},
    {"kind": "rounds"}, {"kind": "epochs", "stream": "fashion.train"},
    {"kind": "examples"}, {"kind": "updates", "counter": 0},
    {"kind": "argument", "procedure": "interpolate", "name": "t", "value": 0}],
  "datasets": [{"name": "fashion", "format": "idx", "source": "fashion-mnist",
    "fields": [{"name": "x", "shape": [1, 28, 28], "image": true, "low": 0,
                "high": 1, "binarize": false}]}],
  "entries": [
    {"kind": "step", "name": "fit", "batch": 4,
     "inputs": [{"name": "x", "offset": 0, "shape": [4]}],
     "outputs": [{"name": "w", "offset": 64, "shape": [4]}],
     "monitors": [{"name": "loss", "offset": 128}],
     "norms": [{"network": "Enc", "offset": 192}], "counters": [0],
     "flops": 7},
    {"kind": "report", "name": "report0", "batch": 4,
     "inputs": [{"name": "x", "offset": 0, "shape": [4]}],
     "outputs": [{"name": "elbo", "offset": 0, "shape": [4]}]},
    {"kind": "procedure", "name": "sample", "batch": 64, "inputs": [],
     "outputs": [{"name": "o", "offset": 0, "shape": [64, 1, 2, 2]}]}],
  "kernels": [{"entry": 0, "name": "forward", "kind": "product", "m": 4,
               "n": 5, "k": 3, "flops": 120}],
  "trains": [{"name": "", "turns": [
      {"kind": "call", "entry": 0, "results": ["w"], "arguments": [
        {"kind": "next", "dataset": "fashion", "split": "train", "field": 0}]},
      {"kind": "repeat", "count": 5, "turns": [
        {"kind": "every", "every": {"count": 16, "unit": "rounds"},
         "turns": []}]}],
    "duration": {"count": 50, "unit": "epochs", "stream": "fashion.train"}}],
  "reports": [
    {"entry": 1, "dataset": "fashion", "split": "test", "fields": [0],
     "every": {"count": 1, "unit": "epochs", "stream": "fashion.train"}},
    {"entry": 1, "dataset": "fashion", "split": "test", "fields": [0],
     "atEnd": true}],
  "procedures": [{"entry": 2, "name": "sample", "arguments": [
      {"kind": "count", "name": "n", "value": 64},
      {"kind": "real", "name": "t", "value": 0.5, "scalar": 5}],
    "emits": [{"kind": "grid", "outputs": [0], "low": 0, "high": 1}]}]
})");
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_CORE_SAMPLEMANIFEST_H
