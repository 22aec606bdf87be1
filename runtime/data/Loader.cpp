//===- Loader.cpp - batches, made ahead of their use
//-----------------------===//
//
// The thread and the caller take the two buffers in turn. A buffer belongs to
// the caller while it is `current`, to the thread while it is not `ready`, and
// waits otherwise.
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Loader.h"

#include "runtime/core/Shuffle.h"
#include "runtime/core/Status.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <system_error>

namespace gmc::runtime {

Loader::Loader(const Dataset &dataset, const LoaderOptions &options)
    : dataset(dataset), options(options), order(dataset.items()),
      position(options.start) {
  if (training()) {
    checkTrainable(dataset, options.batch);
  }
  if (position.index < 0 || position.index > dataset.items()) {
    fail(ExitCheckpoint, "stream {} of {} items cannot stand at item {}",
         dataset.stream(), dataset.items(), position.index);
  }
  std::iota(order.begin(), order.end(), 0);
  for (Buffer &buffer : buffers) {
    for (int64_t i = 0; i < dataset.fieldCount(); ++i) {
      int64_t bytes = options.batch * itemBytes(i);
      buffer.storage.emplace_back(bytes);
      buffer.batch.fields.push_back(buffer.storage.back());
    }
  }
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error &) {
    // Without a thread next() makes each batch itself: later, but the same.
  }
}

Loader::~Loader() {
  if (thread.joinable()) {
    {
      std::lock_guard lock(mutex);
      stop = true;
    }
    changed.notify_all();
    thread.join();
  }
}

bool Loader::training() const {
  return options.mode == LoaderOptions::Mode::Train;
}

int64_t Loader::itemBytes(int64_t field) const {
  return elementsOf(dataset.field(field).shape) * sizeOf(options.type);
}

int64_t Loader::batchesPerEpoch() const {
  int64_t whole = dataset.items() / options.batch;
  bool partial = dataset.items() % options.batch != 0;
  return whole + (partial && !training() ? 1 : 0);
}

void Loader::orderEpoch(uint64_t epoch) {
  if (training() && epoch != orderedEpoch) {
    shuffle(order, options.seed, epoch, dataset.stream());
    orderedEpoch = epoch;
  }
}

void Loader::fill(Buffer &buffer) {
  int64_t left = dataset.items() - position.index;
  if (training() && left < options.batch) {
    position = {position.epoch + 1, 0};
    left = dataset.items();
  }
  Batch &batch = buffer.batch;
  batch.valid = std::min(left, options.batch);
  batch.before = position;
  if (batch.valid == 0) {
    batch.after = position;
    return;
  }
  orderEpoch(position.epoch);
  for (int64_t row = 0; row < options.batch; ++row) {
    // Rows past the end repeat the last item.
    int64_t place = position.index + std::min(row, batch.valid - 1);
    for (int64_t i = 0; i < dataset.fieldCount(); ++i) {
      auto out = std::span(buffer.storage[i])
                     .subspan(row * itemBytes(i), itemBytes(i));
      dataset.convert(i, order[place], options.seed, position.epoch,
                      options.type, out, training());
    }
  }
  position.index += batch.valid;
  // A training epoch ends where no whole batch is left, so that the position
  // after its last batch is the start of the next one.
  if (training() && dataset.items() - position.index < options.batch) {
    position = {position.epoch + 1, 0};
  }
  batch.after = position;
}

void Loader::run() {
  for (size_t turn = 0;; turn = 1 - turn) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stop || !buffers[turn].ready; });
      if (stop) {
        return;
      }
    }
    try {
      fill(buffers[turn]);
    } catch (...) {
      std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
    {
      std::lock_guard lock(mutex);
      buffers[turn].ready = true;
    }
    changed.notify_all();
  }
}

const Batch *Loader::next() {
  if (!thread.joinable()) {
    fill(buffers[0]);
    return buffers[0].batch.valid > 0 ? &buffers[0].batch : nullptr;
  }
  std::unique_lock lock(mutex);
  if (current >= 0) {
    buffers[current].ready = false;
    changed.notify_all();
  }
  current = current < 0 ? 0 : 1 - current;
  changed.wait(lock, [&] { return buffers[current].ready; });
  if (failure) {
    std::rethrow_exception(failure);
  }
  const Batch &batch = buffers[current].batch;
  return batch.valid > 0 ? &batch : nullptr;
}

} // namespace gmc::runtime
