// Requests to Mistral, and what comes back: no bytes break the translation, and however an answer
// is cut, the same comes out.
#include "engine/providers/mistral/mistral_format.h"
#include "tests/fuzz/translation_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  constexpr std::string_view kModels[] = {"mistral-large-latest", "magistral-medium-latest"};
  const std::string_view model = size < 1 ? kModels[0] : kModels[(bytes[0] >> 5) % 2];
  junctor::testing::FuzzTranslation(junctor::engine::MistralFormat(), model, bytes, size);
  return 0;
}
