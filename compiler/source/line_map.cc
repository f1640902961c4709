// See line_map.h.
#include "compiler/source/line_map.h"

#include <algorithm>

namespace junctor::compiler {
namespace {

// Bytes between two stored counts: small enough to scan at each look-up, large enough to cost no
// memory.
constexpr uint32_t kBlockBytes = 1024;

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

uint32_t CountContinuations(std::string_view bytes) {
  return static_cast<uint32_t>(std::count_if(bytes.begin(), bytes.end(), IsContinuation));
}

}  // namespace

LineMap::LineMap(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    starts_.push_back(static_cast<uint32_t>(i + 1));
  }
  uint32_t count = 0;
  for (size_t block = 0; block <= text.size(); block += kBlockBytes) {
    continuations_.push_back(count);
    count += CountContinuations(text.substr(block, kBlockBytes));
  }
}

uint32_t LineMap::ContinuationsBefore(uint32_t offset) const {
  const uint32_t block = offset / kBlockBytes;
  const uint32_t begin = block * kBlockBytes;
  return continuations_[block] + CountContinuations(text_.substr(begin, offset - begin));
}

Position LineMap::PositionOf(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const uint32_t start = *(after - 1);
  const uint32_t continuations = ContinuationsBefore(offset) - ContinuationsBefore(start);
  return {static_cast<uint32_t>(after - starts_.begin()), offset - start - continuations + 1};
}

std::string_view LineMap::Line(uint32_t line) const {
  const uint32_t begin = starts_[line - 1];
  const size_t end = line < starts_.size() ? starts_[line] - 1 : text_.size();
  std::string_view result = text_.substr(begin, end - begin);
  if (!result.empty() && result.back() == '\r') result.remove_suffix(1);
  return result;
}

}  // namespace junctor::compiler
