// Requests to Anthropic, and what comes back: no bytes break the translation, and however an answer
// is cut, the same comes out.
#include "engine/providers/anthropic/anthropic_format.h"
#include "tests/fuzz/translation_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  // One model of each generation, since each is asked in its own way.
  constexpr std::string_view kModels[] = {"claude-3-5-haiku-20241022", "claude-sonnet-4-5",
                                          "claude-opus-4-7"};
  const std::string_view model = size < 1 ? kModels[0] : kModels[(bytes[0] >> 5) % 3];
  junctor::testing::FuzzTranslation(junctor::engine::AnthropicFormat(), model, bytes, size);
  return 0;
}
