// See source.h.
#include "compiler/source/source.h"

#include <algorithm>
#include <utility>

#include "compiler/source/limits.h"

namespace junctor::compiler {

Source::Source(std::string name, std::string text)
    : name_(std::move(name)),
      text_(std::move(text)),
      lines_(std::string_view(text_).substr(0, kMaxRouteTextBytes)) {}

std::string_view Source::TextOf(Span span) const {
  const size_t begin = std::min<size_t>(span.begin, text_.size());
  const size_t end = std::clamp<size_t>(span.end, begin, text_.size());
  return std::string_view(text_).substr(begin, end - begin);
}

}  // namespace junctor::compiler
