// Requests to Google and to Vertex AI, and what comes back: no bytes break the translation, and
// however an answer is cut, the same comes out.
#include "engine/providers/google/google_format.h"
#include "engine/providers/google/vertex_format.h"
#include "tests/fuzz/translation_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  struct Target {
    std::string_view model;
    bool vertex;
  };
  // Models that are asked in different ways, and Vertex's two other services.
  constexpr Target kTargets[] = {{"gemini-2.0-flash", false},
                                 {"gemini-2.5-flash", false},
                                 {"gemini-3-pro-preview", false},
                                 {"google/gemini-2.5-pro", true},
                                 {"meta/llama-4-maverick", true}};
  const Target& target = size < 1 ? kTargets[0] : kTargets[(bytes[0] >> 5) % 5];
  const junctor::engine::WireFormat& format =
      target.vertex ? junctor::engine::VertexFormat() : junctor::engine::GoogleFormat();
  junctor::testing::FuzzTranslation(format, target.model, bytes, size);
  return 0;
}
