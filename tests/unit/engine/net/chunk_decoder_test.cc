#include "engine/net/chunk_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::net {
namespace {

TEST(ChunkDecoder, DecodesABodyCutAtEveryByte) {
  const std::string body =
      "5;name=\"v\"\r\nhello\r\n1\r\n \r\n00a\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
  const std::string after = "GET / HTTP/1.1";
  for (size_t cut = 0; cut <= body.size(); ++cut) {
    ChunkDecoder decoder;
    std::string first = body.substr(0, cut);
    std::string second = body.substr(cut) + after;
    ChunkDecoder::Result result = decoder.Decode(first.data(), first.size());
    std::string decoded = first.substr(0, result.produced);
    ASSERT_EQ(result.consumed, first.size());
    result = decoder.Decode(second.data(), second.size());
    decoded += second.substr(0, result.produced);
    ASSERT_FALSE(decoder.failed()) << cut << ": " << decoder.error();
    ASSERT_TRUE(decoder.finished()) << cut;
    ASSERT_EQ(decoded, "hello 0123456789") << cut;
    ASSERT_EQ(second.substr(result.consumed), after) << cut;
  }
}

TEST(ChunkDecoder, RefusesMalformedFraming) {
  const std::string long_extension(ChunkDecoder::kMaxExtensionBytes + 1, 'x');
  const std::string long_trailer(ChunkDecoder::kMaxTrailerBytes + 1, 'x');
  const std::string cases[] = {
      "\r\n",
      "x\r\n",
      " 5\r\nhello\r\n",
      "5 \r\nhello\r\n",
      "5\nhello\r\n",
      "5\r\nhelloX\r\n",
      "5\r\nhello\rX",
      "-5\r\n",
      "0x5\r\nhello",
      "+5\r\n",
      "5\rhello",
      "0\r\n\n",
      "0\r\nX: y\n\r\n",
      "1000000000000000\r\n",  // 16 digits
      "5;" + long_extension,
      "0\r\n" + long_trailer,
      "5;\x01\r\n",
  };
  for (std::string text : cases) {
    ChunkDecoder decoder;
    (void)decoder.Decode(text.data(), text.size());
    EXPECT_TRUE(decoder.failed()) << text;
    EXPECT_FALSE(decoder.finished()) << text;
  }
}

TEST(ChunkDecoder, BoundsTheExtensionsOfAllChunksTogether) {
  ChunkDecoder decoder;
  size_t chunks = 0;
  while (!decoder.failed()) {
    std::string chunk = "1;" + std::string(99, 'x') + "\r\ny\r\n";
    (void)decoder.Decode(chunk.data(), chunk.size());
    ASSERT_LE(++chunks, ChunkDecoder::kMaxAllExtensionBytes / 99 + 1);
  }
  EXPECT_EQ(decoder.error(), "a chunk extension is malformed or too long");
}

}  // namespace
}  // namespace junctor::net
