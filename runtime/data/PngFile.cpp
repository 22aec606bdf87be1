//===- PngFile.cpp - pictures in PNG form ---------------------------------===//
//
// libpng leaves a failed call by longjmp, so the functions that call it hold
// nothing with a destructor; messages and exceptions wait in PngInput until
// they have returned.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/PngFile.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"

#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <exception>

namespace gmc::runtime {

namespace {

/// The open file and what went wrong with it.
struct PngInput {
  InputFile &file;
  std::array<char, 128> message{};
  std::exception_ptr failure;
};

/// What the head of a picture says, after all conversions.
struct PngHead {
  int64_t width = 0, height = 0, channels = 0, depth = 0, rowBytes = 0;
  int64_t storedBytes = 0; ///< of a row before the conversions
  /// A palette's colours; then a pixel is read as the number of one.
  int64_t colours = 0;
  std::array<std::array<uint8_t, 4>, 256> palette{};
};

} // namespace

static void onRead(png_structp png, png_bytep out, size_t count) {
  auto *input = static_cast<PngInput *>(png_get_io_ptr(png));
  int64_t have = 0;
  try {
    have = input->file.read(std::as_writable_bytes(std::span(out, count)));
  } catch (...) {
    input->failure = std::current_exception();
  }
  if (have != static_cast<int64_t>(count)) {
    png_error(png, "the file ends too early");
  }
}

static void onError(png_structp png, png_const_charp text) {
  auto *input = static_cast<PngInput *>(png_get_error_ptr(png));
  std::strncpy(input->message.data(), text, input->message.size() - 1);
  png_longjmp(png, 1);
}

static void onWarning(png_structp, png_const_charp) {}

/// Copies the palette, with its opacities where it has any.
static void readPalette(png_structp png, png_infop info, PngHead &head) {
  png_colorp colours = nullptr;
  png_bytep opacity = nullptr;
  int count = 0, opacities = 0;
  png_get_PLTE(png, info, &colours, &count);
  png_get_tRNS(png, info, &opacity, &opacities, nullptr);
  head.colours = count;
  head.channels = opacities > 0 ? 4 : 3;
  for (int i = 0; i < count; ++i) {
    uint8_t alpha = i < opacities ? opacity[i] : 255;
    head.palette[i] = {colours[i].red, colours[i].green, colours[i].blue,
                       alpha};
  }
}

/// Reads up to the first pixels; returns false where libpng gave up.
static bool readHead(png_structp png, png_infop info, PngInput &input,
                     PngHead &head) {
  if (setjmp(png_jmpbuf(png))) {
    return false;
  }
  png_set_read_fn(png, &input, onRead);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_benign_errors(png, 0);
  // Skips every ancillary chunk but tRNS.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_read_info(png, info);
  head.storedBytes = static_cast<int64_t>(png_get_rowbytes(png, info));
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) {
    readPalette(png, info, head);
    png_set_packing(png);
  } else {
    png_set_expand(png);
  }
  if (std::endian::native == std::endian::little) {
    png_set_swap(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  head.width = png_get_image_width(png, info);
  head.height = png_get_image_height(png, info);
  if (head.colours == 0) {
    head.channels = png_get_channels(png, info);
  }
  head.depth = png_get_bit_depth(png, info);
  head.rowBytes = static_cast<int64_t>(png_get_rowbytes(png, info));
  return true;
}

/// Reads the pixels and what follows them, checksums included.
static bool readPixels(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) {
    return false;
  }
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

[[noreturn]] static void giveUp(const PngInput &input) {
  if (input.failure) {
    std::rethrow_exception(input.failure);
  }
  fail(ExitData, "{}: broken PNG picture: {}", input.file.name(),
       printable(input.message.data()));
}

/// Makes one plane a channel of what libpng has side by side, colours of their
/// numbers.
static Column planesOf(const PngHead &head, const std::vector<uint8_t> &pixels,
                       const std::string &name) {
  const int64_t area = head.width * head.height;
  Column column{head.depth == 16 ? Stored::Word : Stored::Byte,
                {head.channels, head.height, head.width},
                {}};
  const int64_t size = sizeOf(column.stored);
  column.bytes.resize(head.channels * area * size);
  for (int64_t i = 0; i < area; ++i) {
    if (head.colours > 0 && pixels[i] >= head.colours) {
      fail(ExitData, "{}: broken PNG picture: pixel {} has colour {} of {}",
           name, i, pixels[i], head.colours);
    }
    const uint8_t *pixel = head.colours > 0
                               ? head.palette[pixels[i]].data()
                               : pixels.data() + i * head.channels * size;
    for (int64_t c = 0; c < head.channels; ++c) {
      std::memcpy(column.bytes.data() + (c * area + i) * size, pixel + c * size,
                  size);
    }
  }
  return column;
}

/// Reads all but the signature.
static Column readPicture(png_structp png, png_infop info, PngInput &input,
                          const std::function<void(const Shape &)> &accept) {
  PngHead head;
  if (!readHead(png, info, input, head)) {
    giveUp(input);
  }
  const Shape shape = {head.channels, head.height, head.width};
  accept(shape);
  // Deflate packs at most 1032 bytes into one.
  const int64_t bytes = head.rowBytes * head.height;
  if (head.storedBytes * head.height > input.file.size() * 1032) {
    fail(ExitData,
         "{}: declares {} x {} pixels; a file of {} bytes cannot hold them",
         input.file.name(), head.width, head.height, input.file.size());
  }
  std::vector<uint8_t> pixels(bytes);
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < head.height; ++y) {
    rows.push_back(pixels.data() + y * head.rowBytes);
  }
  if (!readPixels(png, rows.data())) {
    giveUp(input);
  }
  return planesOf(head, pixels, input.file.name());
}

Column readPng(const std::filesystem::path &path,
               const std::function<void(const Shape &)> &accept) {
  InputFile file(path, ExitData);
  std::array<uint8_t, 8> signature{};
  int64_t count = file.read(std::as_writable_bytes(std::span(signature)));
  if (count != 8 || png_sig_cmp(signature.data(), 0, 8) != 0) {
    fail(ExitData, "{}: is no PNG picture: it begins with {:02x}", file.name(),
         fmt::join(std::span(signature).first(count), " "));
  }
  PngInput input{file, {}, nullptr};
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, onError, onWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  /// Frees what libpng holds, whatever happens.
  struct Closer {
    png_structp &png;
    png_infop &info;
    ~Closer() { png_destroy_read_struct(&png, &info, nullptr); }
  } closer{png, info};
  if (!info) {
    fail(ExitMemory, "{}: no memory to read it", file.name());
  }
  png_set_sig_bytes(png, 8);
  return readPicture(png, info, input, accept);
}

} // namespace gmc::runtime
