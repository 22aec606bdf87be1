//===- ImageGrid.cpp - pictures of a batch
//---------------------------------===//

#include "runtime/io/ImageGrid.h"

#include "runtime/core/Shape.h"
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <string>

namespace gmc::runtime {

/// Pixels between two images.
static constexpr int64_t gap = 2;
/// libpng's default limit of width and height.
static constexpr int64_t maximalExtent = 1'000'000;

/// Throws unless the batches fit together and hold the pixels they claim.
static void checkBatches(const std::vector<ImageBatch> &batches) {
  if (batches.empty()) {
    fail(ExitInternal, "a grid without images");
  }
  const ImageBatch &first = batches.front();
  for (const ImageBatch &b : batches) {
    if (b.channels != 1 && b.channels != 3) {
      fail(ExitUsage, "an image of {} channels cannot be shown; 1 and 3 can",
           b.channels);
    }
    if (b.count < 1 || b.height < 1 || b.width < 1 || b.count != first.count ||
        b.channels != first.channels || b.height != first.height ||
        b.width != first.width) {
      fail(ExitInternal, "images [{}, {}, {}, {}] beside [{}, {}, {}, {}]",
           b.count, b.channels, b.height, b.width, first.count, first.channels,
           first.height, first.width);
    }
    auto pixels = elementsOf({b.count, b.channels, b.height, b.width});
    if (static_cast<int64_t>(b.pixels.size()) != pixels) {
      fail(ExitInternal, "{} pixels are given for {}", b.pixels.size(), pixels);
    }
  }
}

uint8_t toByte(double value, double low, double high) {
  double scaled = (value - low) / (high - low) * 255;
  // The order of the comparison makes NaN 0.
  return scaled > 0 ? static_cast<uint8_t>(std::min(scaled, 255.0) + 0.5) : 0;
}

/// Copies image `index` of `batch` to (top, left) of `picture`.
static void placeImage(const ImageBatch &batch, int64_t index, int64_t top,
                       int64_t left, Picture &picture) {
  int64_t plane = batch.height * batch.width;
  const float *image = batch.pixels.data() + index * batch.channels * plane;
  for (int64_t y = 0; y < batch.height; ++y) {
    uint8_t *out = picture.bytes.data() +
                   ((top + y) * picture.width + left) * batch.channels;
    for (int64_t x = 0; x < batch.width; ++x) {
      for (int64_t c = 0; c < batch.channels; ++c) {
        *out++ = toByte(image[c * plane + y * batch.width + x], batch.low,
                        batch.high);
      }
    }
  }
}

/// Returns how many groups of `batches` images make a grid near a square.
static int64_t squareRow(const ImageBatch &image, int64_t batches) {
  double ratio = static_cast<double>(image.height) /
                 (static_cast<double>(image.width) * batches);
  auto row = std::llround(std::sqrt(image.count * ratio));
  return std::clamp<int64_t>(row, 1, image.count);
}

Picture layOutGrid(const std::vector<ImageBatch> &batches,
                   int64_t groupsPerRow) {
  checkBatches(batches);
  const ImageBatch &image = batches.front();
  auto members = static_cast<int64_t>(batches.size());
  if (groupsPerRow <= 0) {
    groupsPerRow = squareRow(image, members);
  }
  groupsPerRow = std::min(groupsPerRow, image.count);
  int64_t columns = groupsPerRow * members;
  int64_t rows = (image.count + groupsPerRow - 1) / groupsPerRow;
  Picture picture;
  picture.channels = image.channels;
  picture.width = columns * (image.width + gap) - gap;
  picture.height = rows * (image.height + gap) - gap;
  if (picture.width > maximalExtent || picture.height > maximalExtent) {
    fail(ExitUsage, "a picture of {} x {} pixels is over the limit of {}",
         picture.width, picture.height, maximalExtent);
  }
  picture.bytes.resize(
      elementsOf({picture.height, picture.width, picture.channels}));
  for (int64_t i = 0; i < image.count; ++i) {
    for (int64_t member = 0; member < members; ++member) {
      int64_t column = i % groupsPerRow * members + member;
      placeImage(batches[member], i, i / groupsPerRow * (image.height + gap),
                 column * (image.width + gap), picture);
    }
  }
  return picture;
}

/// Appends what libpng writes to the string behind `png`.
static void appendBytes(png_structp png, png_bytep bytes, size_t count) {
  auto *out = static_cast<std::string *>(png_get_io_ptr(png));
  try {
    out->append(reinterpret_cast<const char *>(bytes), count);
  } catch (...) {
    png_error(png, "no memory");
  }
}

/// Writes all of `picture`; returns false where libpng gave up. Nothing with a
/// destructor lives here, as libpng leaves by longjmp.
static bool encode(png_structp png, png_infop info, const Picture &picture,
                   std::string &out) {
  if (setjmp(png_jmpbuf(png))) {
    return false;
  }
  png_set_write_fn(png, &out, appendBytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8,
               picture.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int64_t y = 0; y < picture.height; ++y) {
    png_write_row(png,
                  picture.bytes.data() + y * picture.width * picture.channels);
  }
  png_write_end(png, info);
  return true;
}

/// Keeps libpng from printing.
static void onWarning(png_structp, png_const_charp) {}
static void onError(png_structp png, png_const_charp) { png_longjmp(png, 1); }

void writePng(const std::filesystem::path &path, const Picture &picture) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr,
                                            onError, onWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  bool done = info && encode(png, info, picture, bytes);
  png_destroy_write_struct(&png, &info);
  if (!done) {
    fail(ExitMemory, "{}: libpng could not encode {} x {} pixels",
         printable(path.string(), 4096), picture.width, picture.height);
  }
  writeFileAtomically(path, bytes);
}

} // namespace gmc::runtime
