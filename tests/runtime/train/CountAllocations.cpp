// LD_PRELOAD: counts malloc, calloc, realloc and aligned_alloc of all threads
// and writes the sum to the file that GMC_ALLOCATIONS names, at exit.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
}

namespace {

std::atomic<long> count{0};

struct AtExit {
  ~AtExit() {
    const long total = count;
    if (const char *path = std::getenv("GMC_ALLOCATIONS")) {
      if (std::FILE *file = std::fopen(path, "w")) {
        std::fprintf(file, "%ld\n", total);
        std::fclose(file);
      }
    }
  }
} atExit;

} // namespace

extern "C" {
void *malloc(size_t bytes) {
  ++count;
  return __libc_malloc(bytes);
}
void *calloc(size_t items, size_t bytes) {
  ++count;
  return __libc_calloc(items, bytes);
}
void *realloc(void *block, size_t bytes) {
  ++count;
  return __libc_realloc(block, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  ++count;
  return __libc_memalign(alignment, bytes);
}
}
