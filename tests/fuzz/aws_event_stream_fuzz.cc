// Bytes as an AWS event stream, cut where the input says: however it is cut, the same frames come
// out, or the same error. The first byte's top bit asks for right checksums, which no fuzzer finds:
// the frame's lengths then stand as they are, and its checksums are put in.
#include "engine/providers/bedrock/aws_event_stream.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/engine/providers/bedrock/frame.h"

namespace {

using junctor::engine::AwsEvent;
using junctor::engine::AwsEventReader;

std::vector<std::string> Read(std::string_view stream, size_t piece_size) {
  AwsEventReader reader;
  std::vector<std::string> frames;
  for (size_t begin = 0; begin < stream.size(); begin += piece_size) {
    // A copy of its own, so that a look beyond or after its life is seen.
    const auto piece = std::make_unique<std::string>(stream.substr(begin, piece_size));
    reader.Feed(*piece);
    while (true) {
      const auto event = reader.Next();
      if (!event.ok()) {
        frames.push_back(std::string(event.status().message()));
        JUNCTOR_FUZZ_CHECK(!reader.Next().ok());
        return frames;
      }
      if (!event->has_value()) break;
      const AwsEvent& e = **event;
      std::string text;
      for (std::string_view part : {e.message_type, e.event_type, e.exception_type, e.error_code,
                                    e.error_message, e.payload}) {
        text.append(part).append("|");
      }
      frames.push_back(std::move(text));
    }
  }
  frames.push_back(reader.inside_frame() ? "unfinished" : "end");
  return frames;
}

// `stream` with right checksums, as far as its lengths make sense.
std::string WithChecksums(std::string stream) {
  using junctor::engine::testing::BigEndian;
  using junctor::engine::testing::PlainCrc32;
  size_t at = 0;
  while (stream.size() - at >= 16) {
    size_t total = 0;
    for (size_t i = 0; i < 4; ++i) total = total << 8 | static_cast<unsigned char>(stream[at + i]);
    if (total < 16 || total > stream.size() - at) break;
    const std::string_view frame = std::string_view(stream).substr(at, total);
    stream.replace(at + 8, 4, BigEndian(PlainCrc32(frame.substr(0, 8)), 4));
    const uint32_t crc = PlainCrc32(std::string_view(stream).substr(at, total - 4));
    stream.replace(at + total - 4, 4, BigEndian(crc, 4));
    at += total;
  }
  return stream;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  if ((bytes[0] & 0x80) != 0) stream = WithChecksums(std::move(stream));
  JUNCTOR_FUZZ_CHECK(Read(stream, stream.size() + 1) == Read(stream, 1 + bytes[0] % 64));
  return 0;
}
