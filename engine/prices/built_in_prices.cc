// See built_in_prices.h. The assembler puts the file into the read-only data; CMakeLists.txt names
// it and makes the object depend on it.
#include "engine/prices/built_in_prices.h"

#include <cstddef>

__asm__(
    ".pushsection .rodata\n"
    ".global junctor_model_prices_begin\n"
    ".global junctor_model_prices_end\n"
    "junctor_model_prices_begin:\n"
    ".incbin \"" JUNCTOR_MODEL_PRICES
    "\"\n"
    "junctor_model_prices_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char junctor_model_prices_begin[];
extern const char junctor_model_prices_end[];
}

namespace junctor::engine {

std::string_view BuiltInPrices() {
  return {junctor_model_prices_begin,
          static_cast<size_t>(junctor_model_prices_end - junctor_model_prices_begin)};
}

}  // namespace junctor::engine
