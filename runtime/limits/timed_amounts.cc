#include "runtime/limits/timed_amounts.h"

namespace junctor {
namespace {

void AppendNumber(uint64_t number, std::string* out) {
  while (number >= 0x80) {
    out->push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  out->push_back(static_cast<char>(number));
}

bool TakeNumber(std::string_view* bytes, uint64_t* number) {
  *number = 0;
  for (unsigned shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *number |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// Signed numbers near 0 as small ones.
uint64_t ZigZag(int64_t number) {
  return (static_cast<uint64_t>(number) << 1) ^ static_cast<uint64_t>(number >> 63);
}
int64_t UnZigZag(uint64_t number) {
  return static_cast<int64_t>(number >> 1) ^ -static_cast<int64_t>(number & 1);
}

}  // namespace

void TimedAmounts::AppendTo(std::string* out) const {
  out->push_back(static_cast<char>(technique));
  int64_t before_ns = 0;
  for (const Item& item : items) {
    AppendNumber(ZigZag(item.time_ns - before_ns), out);
    AppendNumber(item.amount, out);
    before_ns = item.time_ns;
  }
}

std::optional<TimedAmounts> TimedAmounts::Read(std::string_view bytes) {
  if (bytes.empty() || static_cast<uint8_t>(bytes.front()) > 1) return std::nullopt;
  TimedAmounts amounts;
  amounts.technique = static_cast<WindowTechnique>(bytes.front());
  bytes.remove_prefix(1);
  uint64_t time = 0;  // wraps where the bytes are damaged, instead of overflowing
  while (!bytes.empty()) {
    uint64_t step = 0;
    Item item;
    if (!TakeNumber(&bytes, &step) || !TakeNumber(&bytes, &item.amount)) return std::nullopt;
    const bool is_first = amounts.items.empty();
    time += static_cast<uint64_t>(UnZigZag(step));
    item.time_ns = static_cast<int64_t>(time);
    if (!is_first && item.time_ns < amounts.items.back().time_ns) return std::nullopt;
    if (amounts.items.size() == kMaxItems) return std::nullopt;
    amounts.items.push_back(item);
  }
  return amounts;
}

}  // namespace junctor
