// Content codings undone: whatever the pieces, within limits, to a proper end.
#include "engine/net/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace junctor::net {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string Compress(const std::string& text, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr ContentLimits kWide{64 << 20, 0};

// The text, or the failure's code and message.
std::string Decode(std::string_view coding, const std::vector<std::string>& pieces,
                   ContentLimits limits = kWide) {
  absl::StatusOr<ContentDecoder> decoder = ContentDecoder::Create(coding, limits);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  std::string out;
  for (const std::string& piece : pieces) {
    const absl::Status status = decoder->Decode(piece, &out);
    EXPECT_LE(out.size(), limits.max_output_bytes);
    if (!status.ok()) return status.ToString();
  }
  const absl::Status status = decoder->Finish();
  return status.ok() ? out : status.ToString();
}

const std::string& Text() {
  static const std::string text = [] {
    std::string all;
    for (int i = 0; i < 400; ++i) all += "{\"n\":" + std::to_string(i * i) + "}\n";
    return all;
  }();
  return text;
}

TEST(ContentDecoder, DecodesEachCodingCutAtEveryByte) {
  const std::string gzip = Compress(Text(), kGzip);
  const std::pair<std::string, std::string> bodies[] = {
      {"gzip", gzip},
      {"X-GZIP", gzip},
      {"gzip", Compress("one ", kGzip) + Compress("", kGzip) + Compress("two", kGzip)},
      {"deflate", Compress(Text(), kZlib)},
      {"Deflate", Compress(Text(), kRaw)},
      {"identity", Text()},
      {"", Text()},
  };
  for (const auto& [coding, body] : bodies) {
    SCOPED_TRACE(coding);
    const std::string whole = Decode(coding, {body});
    EXPECT_TRUE(whole == Text() || whole == "one two") << whole.substr(0, 80);
    for (size_t cut = 0; cut <= body.size(); ++cut) {
      ASSERT_EQ(Decode(coding, {body.substr(0, cut), "", body.substr(cut)}), whole) << cut;
    }
    std::vector<std::string> bytes;
    for (const char c : body) bytes.emplace_back(1, c);
    EXPECT_EQ(Decode(coding, bytes), whole);
  }
}

TEST(ContentDecoder, NoticesABodyThatIsCutOffAnywhere) {
  for (const auto& [coding, window] :
       {std::pair<const char*, int>("gzip", kGzip), {"deflate", kZlib}, {"deflate", kRaw}}) {
    SCOPED_TRACE(coding);
    const std::string body = Compress("some text", window);
    EXPECT_EQ(Decode(coding, {}), "");
    for (size_t size = 1; size < body.size(); ++size) {
      EXPECT_EQ(Decode(coding, {body.substr(0, size)}),
                "INVALID_ARGUMENT: the compressed body is cut off after " + std::to_string(size) +
                    " bytes");
    }
  }
  const std::string two = Compress("one", kGzip) + Compress("two", kGzip).substr(0, 1);
  EXPECT_NE(Decode("gzip", {two}).find("cut off"), std::string::npos);
}

TEST(ContentDecoder, RefusesWhatFollowsTheEndAndWhatIsNotOfTheCoding) {
  const std::string gzip = Compress(Text(), kGzip);
  std::string wrong_sum = gzip;
  wrong_sum[wrong_sum.size() - 8] ^= 1;
  const std::pair<std::string, std::string> cases[] = {
      {"gzip", gzip + "x"},
      {"gzip", gzip + std::string(4, '\0')},
      {"gzip", "plain text"},
      {"gzip", Compress(Text(), kZlib)},
      {"gzip", wrong_sum},
      {"deflate", Compress(Text(), kZlib) + "x"},
      {"deflate", Compress(Text(), kRaw) + "x"},
      {"deflate", "\xff\xff\xff\xff"},
  };
  for (const auto& [coding, body] : cases) {
    SCOPED_TRACE(coding + " " + body.substr(body.size() - 4));
    EXPECT_EQ(Decode(coding, {body}).substr(0, 17), "INVALID_ARGUMENT:");
    std::vector<std::string> bytes;
    for (const char c : body) bytes.emplace_back(1, c);
    EXPECT_EQ(Decode(coding, bytes).substr(0, 17), "INVALID_ARGUMENT:");
  }
}

TEST(ContentDecoder, StopsABombAtItsLimits) {
  const std::string zeros(8 << 20, '0');
  for (const auto& [coding, window] :
       {std::pair<const char*, int>("gzip", kGzip), {"deflate", kZlib}, {"deflate", kRaw}}) {
    const std::string bomb = Compress(zeros, window);
    EXPECT_EQ(Decode(coding, {bomb}, {8 << 20, 0}), zeros);
    EXPECT_EQ(Decode(coding, {bomb}, {(8 << 20) - 1, 0}),
              "RESOURCE_EXHAUSTED: the body is over the limit of 8388607 bytes once decompressed");
    EXPECT_EQ(Decode(coding, {bomb}, {64 << 20, 100}),
              "RESOURCE_EXHAUSTED: the body is over 100 times its size once decompressed");
    EXPECT_EQ(Decode(coding, {bomb}, {64 << 20, 2000}), zeros);
  }
  // Small bodies may shrink as they like.
  EXPECT_EQ(Decode("gzip", {Compress(std::string(60'000, 'x'), kGzip)}, {1 << 20, 10}).size(),
            60'000u);
  EXPECT_EQ(Decode("", {"abc", "d"}, {3, 0}),
            "RESOURCE_EXHAUSTED: the body is over the limit of 3 bytes");
}

TEST(ContentDecoder, FailsTheSameWayEverAfter) {
  absl::StatusOr<ContentDecoder> decoder = ContentDecoder::Create("gzip", kWide);
  std::string out;
  const absl::Status first = decoder->Decode("nonsense", &out);
  EXPECT_FALSE(first.ok());
  ContentDecoder moved = *std::move(decoder);
  EXPECT_EQ(moved.Decode(Compress("x", kGzip), &out), first);
  EXPECT_EQ(moved.Finish(), first);
  EXPECT_EQ(out, "");
}

TEST(ContentDecoder, NamesACodingItDoesNotKnow) {
  for (const std::string coding : {"br", "gzip, gzip", "zstd"}) {
    const auto decoder = ContentDecoder::Create(coding, kWide);
    EXPECT_TRUE(absl::IsUnimplemented(decoder.status()));
    EXPECT_NE(std::string(decoder.status().message()).find("\"" + coding + "\""),
              std::string::npos);
  }
  EXPECT_TRUE(ContentDecoder::Create("", kWide)->identity());
  EXPECT_FALSE(ContentDecoder::Create("gzip", kWide)->identity());
}

}  // namespace
}  // namespace junctor::net
