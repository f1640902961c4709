// Random routes that the compiler must accept.
#pragma once

#include "tests/differential/generator.h"

namespace junctor::differential {

// A route's text: a random acyclic graph of all element types in both spellings, with shared
// sub-graphs, elements that nothing reaches, and elements in random order.
std::string RandomRoute(Random* random);

}  // namespace junctor::differential
