// See open_api.h. The assembler puts the file into the read-only data; CMakeLists.txt names
// it and makes the object depend on it.
#include "engine/admin/open_api.h"

#include <cstddef>

__asm__(
    ".pushsection .rodata\n"
    ".global junctor_open_api_begin\n"
    ".global junctor_open_api_end\n"
    "junctor_open_api_begin:\n"
    ".incbin \"" JUNCTOR_OPEN_API
    "\"\n"
    "junctor_open_api_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char junctor_open_api_begin[];
extern const char junctor_open_api_end[];
}

namespace junctor::engine {

std::string_view OpenApiDocument() {
  return {junctor_open_api_begin,
          static_cast<size_t>(junctor_open_api_end - junctor_open_api_begin)};
}

}  // namespace junctor::engine
