//===- ImageGridTest.cpp - grids of images and PNG files
//-------------------===//

#include "runtime/io/ImageGrid.h"

#include "tests/runtime/core/Expect.h"

#include <png.h>

#include <cmath>
#include <limits>

using namespace gmc::runtime;
using namespace gmc::runtime::test;

/// Returns `count` images of one value each: 0, 1, 2, ... of 0 .. 255.
static ImageBatch plain(int64_t count, int64_t height, int64_t width,
                        int64_t channels = 1, float first = 0) {
  ImageBatch batch{count, channels, height, width, 0, 255, {}};
  for (int64_t i = 0; i < count * channels; ++i) {
    batch.pixels.insert(batch.pixels.end(), height * width, first + i);
  }
  return batch;
}

static int at(const Picture &p, int64_t y, int64_t x, int64_t c = 0) {
  return p.bytes.at((y * p.width + x) * p.channels + c);
}

TEST(ImageGrid, IsNearASquareWithGapsOfTwo) {
  Picture p = layOutGrid({plain(64, 28, 28)});
  EXPECT_EQ(p.width, 8 * 28 + 7 * 2);
  EXPECT_EQ(p.height, p.width);
  EXPECT_EQ(at(p, 0, 30), 1);
  EXPECT_EQ(at(p, 0, 29), 0);
  EXPECT_EQ(at(p, 30, 0), 8);
  EXPECT_EQ(at(p, 237, 237), 63);
}

TEST(ImageGrid, PairsStandSideBySide) {
  Picture p = layOutGrid({plain(3, 2, 2), plain(3, 2, 2, 1, 100)}, 2);
  EXPECT_EQ(p.width, 4 * 2 + 3 * 2);
  EXPECT_EQ(p.height, 2 * 2 + 2);
  EXPECT_EQ(at(p, 0, 0), 0);
  EXPECT_EQ(at(p, 0, 4), 100);
  EXPECT_EQ(at(p, 0, 8), 1);
  EXPECT_EQ(at(p, 0, 12), 101);
  EXPECT_EQ(at(p, 4, 0), 2);
  EXPECT_EQ(at(p, 4, 4), 102);
  EXPECT_EQ(at(p, 4, 8), 0);
}

TEST(ImageGrid, ChannelsAreInterleaved) {
  Picture p = layOutGrid({plain(2, 1, 1, 3, 10)}, 2);
  EXPECT_EQ(p.bytes,
            (std::vector<uint8_t>{10, 11, 12, 0, 0, 0, 0, 0, 0, 13, 14, 15}));
}

TEST(ImageGrid, ValuesAreScaledRoundedAndClamped) {
  ImageBatch batch{1, 1, 1, 8, -1, 1, {}};
  float infinity = std::numeric_limits<float>::infinity();
  batch.pixels = {-1, 1, 0, -5, 5, NAN, infinity, -infinity};
  EXPECT_EQ(layOutGrid({batch}).bytes,
            (std::vector<uint8_t>{0, 255, 128, 0, 255, 0, 255, 0}));
}

TEST(ImageGrid, WhatCannotBeShownIsRefused) {
  expectFailure(ExitUsage, "an image of 2 channels",
                [] { layOutGrid({plain(1, 1, 1, 2)}); });
  expectFailure(ExitInternal, "beside", [] {
    layOutGrid({plain(1, 1, 1), plain(1, 1, 2)});
  });
  expectFailure(ExitUsage, "over the limit",
                [] { layOutGrid({plain(1000, 1, 1000)}, 1000); });
}

/// Reads a PNG back with libpng's simple interface.
static Picture readBack(const std::filesystem::path &path, int64_t channels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_file(&image, path.c_str()));
  EXPECT_EQ(image.format,
            static_cast<png_uint_32>(channels == 3 ? PNG_FORMAT_RGB
                                                   : PNG_FORMAT_GRAY));
  Picture picture{channels, image.height, image.width, {}};
  picture.bytes.resize(PNG_IMAGE_SIZE(image));
  EXPECT_TRUE(
      png_image_finish_read(&image, nullptr, picture.bytes.data(), 0, nullptr));
  return picture;
}

TEST(Png, GivesBackEveryPixel) {
  TemporaryFolder folder;
  for (int64_t channels : {1, 3}) {
    Picture picture{channels, 7, 5, {}};
    for (int64_t i = 0; i < 35 * channels; ++i) {
      picture.bytes.push_back(static_cast<uint8_t>(i * 37));
    }
    writePng(folder / "p.png", picture);
    Picture back = readBack(folder / "p.png", channels);
    EXPECT_EQ(back.height, 7);
    EXPECT_EQ(back.width, 5);
    EXPECT_EQ(back.bytes, picture.bytes);
  }
}

TEST(Png, HasNoAncillaryChunks) {
  TemporaryFolder folder;
  writePng(folder / "p.png", layOutGrid({plain(4, 8, 8)}));
  std::string bytes = readFile(folder / "p.png"), chunks;
  for (size_t at = 8; at + 12 <= bytes.size();) {
    auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[at + i]); };
    size_t length = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    chunks += bytes.substr(at + 4, 4) + " ";
    at += 12 + length;
  }
  EXPECT_EQ(chunks, "IHDR IDAT IEND ");
}
