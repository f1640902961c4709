#include "runtime/request/json_cursor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <system_error>

#include "absl/strings/charconv.h"

namespace junctor {
namespace {

bool IsJsonSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Bytes that end a number or a literal.
bool EndsScalar(char c) { return IsJsonSpace(c) || c == ',' || c == ']' || c == '}' || c == ':'; }

// Longest UTF-8 form of one escape sequence, a pair of surrogates included.
constexpr size_t kMaxEncodedBytes = 4;

char* AppendUtf8(uint32_t code_point, char* out) {
  if (code_point < 0x80) {
    *out++ = static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    *out++ = static_cast<char>(0xC0 | (code_point >> 6));
    *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (code_point >> 12));
    *out++ = static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (code_point >> 18));
    *out++ = static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (code_point & 0x3F));
  }
  return out;
}

// The four hex digits at `text`, or nothing.
std::optional<uint32_t> FourHexDigits(std::string_view text) {
  uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return value;
}

// Reads one escape sequence at `raw[*position]`, a backslash, writes what it means to `out` and
// moves `*position` behind it. The number of bytes written; 0 where it is not an escape sequence.
size_t DecodeEscape(std::string_view raw, size_t* position, char* out) {
  constexpr uint32_t kReplacement = 0xFFFD;
  if (*position + 1 >= raw.size()) return 0;
  const char kind = raw[*position + 1];
  *position += 2;
  switch (kind) {
    case '"':
    case '\\':
    case '/':
      *out = kind;
      return 1;
    case 'b':
      *out = '\b';
      return 1;
    case 'f':
      *out = '\f';
      return 1;
    case 'n':
      *out = '\n';
      return 1;
    case 'r':
      *out = '\r';
      return 1;
    case 't':
      *out = '\t';
      return 1;
    case 'u':
      break;
    default:
      return 0;
  }
  const std::optional<uint32_t> first = FourHexDigits(raw.substr(*position));
  if (!first) return 0;
  *position += 4;
  uint32_t code_point = *first;
  if (code_point >= 0xD800 && code_point < 0xE000) {
    code_point = kReplacement;
    const std::string_view rest = raw.substr(*position);
    if (*first < 0xDC00 && rest.size() >= 6 && rest[0] == '\\' && rest[1] == 'u') {
      const std::optional<uint32_t> second = FourHexDigits(rest.substr(2));
      if (second && *second >= 0xDC00 && *second < 0xE000) {
        code_point = 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
        *position += 6;
      }
    }
  }
  return static_cast<size_t>(AppendUtf8(code_point, out) - out);
}

bool HasControlCharacter(std::string_view raw) {
  bool found = false;
  for (const char c : raw) found |= static_cast<unsigned char>(c) < 0x20;
  return found;
}

// Whether `text` is a number by RFC 8259; `*whole` tells whether it has neither fraction nor
// exponent.
bool IsJsonNumber(std::string_view text, bool* whole) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i - start;
  };
  *whole = true;
  if (i < text.size() && text[i] == '-') ++i;
  const size_t integer_start = i;
  const size_t integer_digits = digits();
  if (integer_digits == 0 || (integer_digits > 1 && text[integer_start] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    *whole = false;
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    *whole = false;
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

}  // namespace

char JsonCursor::Next() {
  while (position_ != end_ && IsJsonSpace(*position_)) ++position_;
  return position_ == end_ ? '\0' : *position_;
}

bool JsonCursor::Consume(char expected) {
  if (Next() != expected || position_ == end_) return false;
  ++position_;
  return true;
}

bool JsonCursor::TakeString(std::string_view* raw) {
  const char* start = position_ + 1;
  const char* from = start;
  while (from < end_) {
    const auto* quote =
        static_cast<const char*>(std::memchr(from, '"', static_cast<size_t>(end_ - from)));
    if (quote == nullptr) return false;
    // A quote behind an odd number of backslashes is escaped.
    const char* backslash = quote;
    while (backslash > start && backslash[-1] == '\\') --backslash;
    if ((quote - backslash) % 2 == 0) {
      *raw = std::string_view(start, static_cast<size_t>(quote - start));
      position_ = quote + 1;
      return true;
    }
    from = quote + 1;
  }
  return false;
}

bool JsonCursor::TakeValue(std::string_view* raw) {
  const char first = Next();
  const char* start = position_;
  if (first == '"') {
    std::string_view inside;
    if (!TakeString(&inside)) return false;
  } else if (first == '{' || first == '[') {
    if (!TakeCompound()) return false;
  } else {
    while (position_ != end_ && !EndsScalar(*position_)) ++position_;
    if (position_ == start) return false;
  }
  *raw = std::string_view(start, static_cast<size_t>(position_ - start));
  return true;
}

bool JsonCursor::TakeCompound() {
  size_t depth = 0;
  while (position_ != end_) {
    const char c = *position_;
    if (c == '"') {
      std::string_view inside;
      if (!TakeString(&inside)) return false;
      continue;
    }
    ++position_;
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) return true;
    }
  }
  return false;
}

std::optional<std::string_view> DecodeString(std::string_view raw,
                                             std::pmr::memory_resource* arena) {
  if (HasControlCharacter(raw)) return std::nullopt;
  const size_t first_escape = raw.find('\\');
  if (first_escape == std::string_view::npos) return raw;
  // No escape is shorter than what it stands for.
  auto* text = static_cast<char*>(arena->allocate(raw.size(), 1));
  std::memcpy(text, raw.data(), first_escape);
  char* out = text + first_escape;
  size_t position = first_escape;
  while (position < raw.size()) {
    if (raw[position] == '\\') {
      const size_t written = DecodeEscape(raw, &position, out);
      if (written == 0) return std::nullopt;
      out += written;
    } else {
      const size_t next = std::min(raw.find('\\', position), raw.size());
      std::memcpy(out, raw.data() + position, next - position);
      out += next - position;
      position = next;
    }
  }
  return std::string_view(text, static_cast<size_t>(out - text));
}

size_t DecodedSize(std::string_view quoted) {
  if (quoted.size() < 2) return 0;
  const std::string_view raw = quoted.substr(1, quoted.size() - 2);
  size_t size = raw.size();
  size_t position = raw.find('\\');
  while (position < raw.size()) {
    const size_t start = position;
    std::array<char, kMaxEncodedBytes> buffer;
    const size_t written = DecodeEscape(raw, &position, buffer.data());
    if (written != 0) size -= position - start - written;
    position = raw.find('\\', std::max(position, start + 1));
  }
  return size;
}

bool RawStringIs(std::string_view raw, std::string_view text) {
  if (raw == text) return raw.find('\\') == std::string_view::npos;
  if (raw.size() <= text.size()) return false;  // an escape is longer than what it stands for
  size_t position = 0;
  size_t matched = 0;
  while (position < raw.size()) {
    std::array<char, kMaxEncodedBytes> buffer;
    size_t written = 1;
    if (raw[position] == '\\') {
      written = DecodeEscape(raw, &position, buffer.data());
      if (written == 0) return false;
    } else {
      buffer[0] = raw[position++];
    }
    if (text.compare(matched, written, std::string_view(buffer.data(), written)) != 0) return false;
    matched += written;
  }
  return matched == text.size();
}

Value DecodeNumber(std::string_view text) {
  bool whole = false;
  if (!IsJsonNumber(text, &whole)) return Value();
  const char* end = text.data() + text.size();
  if (whole) {
    int64_t integer = 0;
    if (std::from_chars(text.data(), end, integer).ec == std::errc()) return Value::Int(integer);
  }
  double real = 0;
  // Beyond a double's range this gives the nearest double (±0, ±max) and says so, where
  // std::from_chars gives nothing.
  if (absl::from_chars(text.data(), end, real).ec == std::errc::result_out_of_range &&
      std::abs(real) > 1) {
    real = std::copysign(std::numeric_limits<double>::infinity(), real);
  }
  return Value::Number(real);
}

Value DecodeScalar(std::string_view text, std::pmr::memory_resource* arena) {
  if (text.empty()) return Value();
  switch (text.front()) {
    case '"': {
      JsonCursor cursor(text);
      std::string_view raw;
      if (!cursor.TakeString(&raw) || !cursor.at_end()) return Value();
      const std::optional<std::string_view> decoded = DecodeString(raw, arena);
      return decoded ? Value::String(*decoded) : Value();
    }
    case 't':
      return text == "true" ? Value::Bool(true) : Value();
    case 'f':
      return text == "false" ? Value::Bool(false) : Value();
    case 'n':
      return text == "null" ? Value::Null() : Value();
    default:
      return DecodeNumber(text);
  }
}

}  // namespace junctor
