// Bytes as an HTTP head and as a chunked body: refused, or taken apart without a look beyond their
// end.
#include <string>
#include <string_view>

#include "engine/net/chunk_decoder.h"
#include "engine/net/head_parser.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr size_t kMaxHeaders = 100;

void ParseHeads(std::string_view text) {
  junctor::net::HeadScanner scanner;
  if (scanner.Scan(text) != junctor::net::HeadScanner::State::kComplete) return;
  const std::string head(text.substr(0, scanner.head_size()));
  junctor::net::RequestHead request;
  junctor::net::ParseRequestHead(head, kMaxHeaders, request);
  junctor::net::ResponseHead response;
  junctor::net::ParseResponseHead(head, kMaxHeaders, /*to_head_request=*/false, response);
}

void DecodeChunks(std::string_view text, size_t piece_size) {
  junctor::net::ChunkDecoder decoder;
  for (size_t begin = 0; begin < text.size() && !decoder.finished() && !decoder.failed();
       begin += piece_size) {
    std::string piece(text.substr(begin, piece_size));
    decoder.Decode(piece.data(), piece.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  ParseHeads(text);
  DecodeChunks(text, 1 + bytes[0] % 16);
  return 0;
}
