//===- Loader.h - batches, made ahead of their use --------------*- C++ -*-===//
//
// A thread of its own puts the next batch together in one of two buffers while
// the model works on the other. What a batch holds is a function of the seed
// and the position alone, so that a position is all a checkpoint stores.
// After construction nothing is allocated.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_LOADER_H
#define GMC_RUNTIME_DATA_LOADER_H

#include "runtime/core/StreamPosition.h"
#include "runtime/data/Dataset.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gmc::runtime {

/// What a loader hands out. The bytes stay until the call of next() after.
struct Batch {
  int64_t valid = 0;     ///< items; rows past them repeat the last one
  StreamPosition before; ///< where the stream stood
  StreamPosition after;  ///< where it stands once this batch is used
  std::vector<std::span<const std::byte>> fields; ///< dense [batch, shape]
};

struct LoaderOptions {
  /// Train: shuffled, without end, the last partial batch of an epoch dropped.
  /// Evaluate: in order, one pass, the last partial batch kept.
  enum class Mode : uint8_t { Train, Evaluate };
  Mode mode = Mode::Train;
  int64_t batch = 1;
  ScalarType type = ScalarType::F32;
  uint64_t seed = 0;
  StreamPosition start; ///< Train: where to go on; Evaluate: epoch of draws
};

class Loader {
public:
  /// Starts the thread. `dataset` must outlive the loader. Training checks
  /// that one batch fits (row D20).
  Loader(const Dataset &dataset, const LoaderOptions &options);
  ~Loader();
  Loader(const Loader &) = delete;
  Loader &operator=(const Loader &) = delete;

  /// Returns the next batch, or null after the last one of an evaluation.
  const Batch *next();

  /// Returns the batches of one epoch.
  int64_t batchesPerEpoch() const;

private:
  struct Buffer {
    Batch batch;
    std::vector<std::vector<std::byte>> storage; ///< one for each field
    bool ready = false;
  };

  void run();
  void fill(Buffer &buffer);
  void orderEpoch(uint64_t epoch);
  bool training() const;
  int64_t itemBytes(int64_t field) const;

  const Dataset &dataset;
  LoaderOptions options;
  std::vector<int64_t> order; ///< of the epoch `orderedEpoch`
  uint64_t orderedEpoch = UINT64_MAX;
  StreamPosition position; ///< of the next batch that is made
  std::array<Buffer, 2> buffers;
  int current = -1; ///< the buffer in the caller's hands
  bool stop = false;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable changed;
  std::thread thread; ///< none where the system gives no more threads
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_LOADER_H
