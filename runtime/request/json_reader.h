// JSON text as a tree of Values: for the fields of a request that are arrays or documents.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>

#include "runtime/program/value.h"

namespace junctor {

// Deepest nesting that is read: what compares and walks the tree may recurse this deep.
inline constexpr size_t kMaxReadDepth = 512;
// Most values in one tree, so that a body of a few bytes a value cannot take a hundred times its
// size in memory.
inline constexpr size_t kMaxReadValues = 1'000'000;

// Reads one JSON value from all of `text`, strictly by RFC 8259 but for lone surrogates
// (DecodeString); white space around it is allowed. Of duplicate keys the last one stays, as
// providers read them (R36). Arrays, objects and strings with escapes are made in `arena`, other
// strings view `text`. Missing where the text is not JSON, is nested deeper than kMaxReadDepth or
// holds more than kMaxReadValues. `text` must be valid UTF-8.
Value ReadJson(std::string_view text, std::pmr::memory_resource* arena);

}  // namespace junctor
