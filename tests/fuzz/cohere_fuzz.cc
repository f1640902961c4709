// Requests to Cohere, and what comes back: no bytes break the translation, and however an answer is
// cut, the same comes out.
#include "engine/providers/cohere/cohere_format.h"
#include "tests/fuzz/translation_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  constexpr std::string_view kModels[] = {"command-a-03-2025", "command-a-reasoning-08-2025"};
  const std::string_view model = size < 1 ? kModels[0] : kModels[(bytes[0] >> 5) % 2];
  junctor::testing::FuzzTranslation(junctor::engine::CohereFormat(), model, bytes, size);
  return 0;
}
