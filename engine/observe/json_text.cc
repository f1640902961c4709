// JSON text by hand: RapidJSON's writer would copy each line once more.
#include "engine/observe/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace junctor::engine {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kHexDigits = "0123456789abcdef";

// Length of the well-formed UTF-8 sequence that `text` begins with, or 0.
size_t SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto is_tail = [byte](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return byte(1) >= low && byte(1) <= high && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return byte(1) >= low && byte(1) <= high && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

void AppendEscape(std::string* out, unsigned char byte) {
  switch (byte) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      out->append("\\u00");
      out->push_back(kHexDigits[byte >> 4]);
      out->push_back(kHexDigits[byte & 15]);
  }
}

template <typename Number>
void AppendNumber(std::string* out, Number value) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out->append(digits.data(), end);
}

}  // namespace

void AppendJsonString(std::string* out, std::string_view text) {
  out->push_back('"');
  size_t plain_from = 0;
  size_t i = 0;
  const auto flush = [&] { out->append(text.substr(plain_from, i - plain_from)); };
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\') {
      ++i;
      continue;
    }
    if (byte < 0x80) {
      flush();
      AppendEscape(out, byte);
      plain_from = ++i;
      continue;
    }
    const size_t length = SequenceLength(text.substr(i));
    if (length > 0) {
      i += length;
      continue;
    }
    flush();
    out->append(kReplacement);
    plain_from = ++i;
  }
  flush();
  out->push_back('"');
}

void AppendJsonInteger(std::string* out, int64_t value) { AppendNumber(out, value); }

void AppendJsonUnsigned(std::string* out, uint64_t value) { AppendNumber(out, value); }

void AppendJsonReal(std::string* out, double value) {
  if (std::isfinite(value)) {
    AppendNumber(out, value);
  } else {
    out->append("null");
  }
}

void AppendJsonMilliseconds(std::string* out, double value) {
  // Beyond this the product below would not fit, and no request takes 30,000 years.
  constexpr double kMost = 1e15;
  if (!(std::fabs(value) <= kMost)) {
    out->append("null");
    return;
  }
  const int64_t micros = std::llround(value * 1000);
  const uint64_t size = static_cast<uint64_t>(micros < 0 ? -micros : micros);
  if (micros < 0) out->push_back('-');
  AppendNumber(out, size / 1000);
  const uint64_t rest = size % 1000;
  if (rest == 0) return;
  const std::array<char, 3> digits = {static_cast<char>('0' + rest / 100),
                                      static_cast<char>('0' + rest / 10 % 10),
                                      static_cast<char>('0' + rest % 10)};
  const size_t count = rest % 100 == 0 ? 1 : rest % 10 == 0 ? 2 : 3;
  out->push_back('.');
  out->append(digits.data(), count);
}

}  // namespace junctor::engine
