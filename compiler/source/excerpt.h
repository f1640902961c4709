// The part of a line that a diagnostic shows, with what to underline.
#pragma once

#include <string>

#include "compiler/source/source.h"
#include "compiler/source/span.h"

namespace junctor::compiler {

// Longest excerpt in characters: minified one-line files are normal, and a terminal line is about
// this long.
inline constexpr size_t kMaxExcerptWidth = 100;

// A window into one line. Tabs are shown as four spaces; control characters and bytes that are not
// UTF-8 as U+FFFD.
struct Excerpt {
  uint32_t line = 1;           // from 1
  std::string text;            // at most kMaxExcerptWidth characters, `…` where it was cut
  size_t underline_at = 0;     // characters of `text` before the underlined part
  size_t underline_width = 1;  // characters, at least 1
};

// The excerpt around `span`; where the span goes over several lines, its part on the first one.
Excerpt ExcerptOf(const Source& source, Span span);

}  // namespace junctor::compiler
