// The text of one route, from where everything begins: syntax reads it, diagnostics point into it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compiler/source/line_map.h"
#include "compiler/source/span.h"

namespace junctor::compiler {

// Owns a route's text and what to call it. Immutable, so any thread may read it; neither copied nor
// moved, since spans, syntax trees and line maps look into its text.
class Source {
 public:
  // `name` is shown in diagnostics: a path, or a route's name. The text may be anything, also
  // longer than kMaxRouteTextBytes (the parser refuses it; lines are known for that much of it
  // only).
  Source(std::string name, std::string text);
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  const LineMap& lines() const { return lines_; }

  // The bytes of `span`, cut to the text.
  std::string_view TextOf(Span span) const;

 private:
  std::string name_;
  std::string text_;
  LineMap lines_;
};

}  // namespace junctor::compiler
