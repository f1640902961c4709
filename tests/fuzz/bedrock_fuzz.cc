// Requests to Bedrock, and what comes back: no bytes break the translation, and however an answer
// is cut, the same comes out. Streams are given as the bytes of their events' payloads, since no
// fuzzer finds checksums: `{"contentBlockIndex":…}` lines, each after the event's name and a space.
#include "engine/providers/bedrock/bedrock_format.h"

#include <algorithm>

#include "tests/fuzz/translation_fuzz.h"
#include "tests/unit/engine/providers/bedrock/frame.h"

namespace {

// Line by line: "contentBlockDelta {…}"; "!name {…}" is an exception.
std::string FramesOf(std::string_view lines) {
  std::string frames;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const bool exception = line.starts_with('!');
    if (exception) line.remove_prefix(1);
    const size_t space = std::min(line.find(' '), line.size());
    frames += junctor::engine::testing::Frame(exception ? "exception" : "event",
                                              line.substr(0, std::min<size_t>(space, 255)),
                                              line.substr(std::min(space + 1, line.size())));
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using junctor::testing::kFuzzedPartMask;
  using junctor::testing::kFuzzedStream;
  // One model of each way in which models are asked.
  constexpr std::string_view kModels[] = {
      "anthropic.claude-3-haiku-20240307-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "global.anthropic.claude-opus-4-6-v1", "amazon.titan-text-express-v1"};
  if (size < 2) return 0;
  const std::string_view model = kModels[(bytes[0] >> 5) % 4];
  std::string input(reinterpret_cast<const char*>(bytes), size);
  if ((bytes[0] & kFuzzedPartMask) == kFuzzedStream) {
    input = input.substr(0, 2) + FramesOf(std::string_view(input).substr(2));
  }
  junctor::testing::FuzzTranslation(junctor::engine::BedrockFormat(), model,
                                    reinterpret_cast<const uint8_t*>(input.data()), input.size());
  return 0;
}
