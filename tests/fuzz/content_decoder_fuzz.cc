// Bytes as a compressed body, cut in two ways: decoded alike, within the limits, or refused alike.
#include <string>
#include <string_view>

#include "engine/net/content_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using junctor::net::ContentDecoder;
using junctor::net::ContentLimits;

constexpr ContentLimits kLimits{256 * 1024, 50};

struct Decoded {
  std::string text;
  bool ok = true;
};

Decoded Decode(std::string_view coding, std::string_view body, size_t piece_size) {
  Decoded decoded;
  absl::StatusOr<ContentDecoder> decoder = ContentDecoder::Create(coding, kLimits);
  for (size_t begin = 0; begin < body.size() && decoded.ok; begin += piece_size) {
    decoded.ok = decoder->Decode(body.substr(begin, piece_size), &decoded.text).ok();
  }
  decoded.ok = decoded.ok && decoder->Finish().ok();
  JUNCTOR_FUZZ_CHECK(decoded.text.size() <= kLimits.max_output_bytes);
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::string_view coding = bytes[0] % 2 == 0 ? "gzip" : "deflate";
  const Decoded whole = Decode(coding, body, body.size() + 1);
  const Decoded pieces = Decode(coding, body, 1 + bytes[0] % 16);
  if (!whole.ok) {
    // The ratio counts what has come, so pieces may be refused where the whole is not, not the
    // other way round.
    JUNCTOR_FUZZ_CHECK(!pieces.ok);
    return 0;
  }
  if (pieces.ok) JUNCTOR_FUZZ_CHECK(pieces.text == whole.text);
  return 0;
}
