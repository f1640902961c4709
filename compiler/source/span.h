// A place in a route's text.
#pragma once

#include <cstdint>

namespace junctor::compiler {

// A half-open range of bytes in one source text.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

}  // namespace junctor::compiler
