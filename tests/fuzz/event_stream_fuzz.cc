// Bytes as a provider's event stream, cut where the input says: the raw bytes of all events are the
// stream, and however it is cut, the same events come out.
#include <string>
#include <string_view>
#include <vector>

#include "engine/providers/chat/chat_chunk.h"
#include "engine/providers/chat/event_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using junctor::engine::ChunkInspector;
using junctor::engine::EventReader;
using junctor::engine::ServerSentEvent;

struct Reading {
  std::string raw;
  std::vector<std::string> data;
};

Reading Read(std::string_view stream, size_t piece_size) {
  EventReader reader;
  ChunkInspector inspector;
  Reading reading;
  const auto take = [&](const ServerSentEvent& event) {
    reading.raw.append(event.raw);
    if (event.has_data) reading.data.emplace_back(event.data);
    inspector.Inspect(event);
  };
  for (size_t begin = 0; begin < stream.size(); begin += piece_size) {
    // A copy of its own, so that a look beyond or after its life is seen.
    const std::string piece(stream.substr(begin, piece_size));
    reader.Feed(piece);
    while (auto event = reader.Next()) take(*event);
  }
  if (auto event = reader.Finish()) take(*event);
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const Reading whole = Read(stream, stream.size() + 1);
  const Reading cut = Read(stream, 1 + bytes[0] % 16);
  JUNCTOR_FUZZ_CHECK(whole.raw == stream);
  JUNCTOR_FUZZ_CHECK(cut.raw == stream);
  JUNCTOR_FUZZ_CHECK(whole.data == cut.data);
  return 0;
}
