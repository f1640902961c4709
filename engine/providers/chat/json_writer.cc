#include "engine/providers/chat/json_writer.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/providers/chat/base64.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// The first byte at or after `begin` that JSON wants escaped, eight bytes at a step.
const char* FindEscape(const char* begin, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  while (end - begin >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, begin, 8);
    const uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
    if ((control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0) {
      // One of the eight, or none: a borrow can make a byte look like one.
      for (int i = 0; i < 8; ++i) {
        if (NeedsEscape(begin[i])) return begin + i;
      }
    }
    begin += 8;
  }
  while (begin != end && !NeedsEscape(*begin)) ++begin;
  return begin;
}

void AppendEscape(char c, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('\\');
  switch (c) {
    case '"':
    case '\\':
      out->push_back(c);
      return;
    case '\b':
      out->push_back('b');
      return;
    case '\f':
      out->push_back('f');
      return;
    case '\n':
      out->push_back('n');
      return;
    case '\r':
      out->push_back('r');
      return;
    case '\t':
      out->push_back('t');
      return;
    default:
      out->append("u00");
      out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

// Appends `text`, which is UTF-8.
void AppendEscaped(std::string_view text, std::string* out) {
  const char* run = text.data();
  const char* const end = run + text.size();
  while (run != end) {
    const char* const escape = FindEscape(run, end);
    out->append(run, static_cast<size_t>(escape - run));
    if (escape == end) return;
    AppendEscape(*escape, out);
    run = escape + 1;
  }
}

// How many bytes the character at the front of `text` has; 0 where it is none.
size_t CharacterSize(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 0 || first > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (size > 2) {
    const unsigned char second = byte(1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
      return 0;
    }
  }
  return size;
}

// Appends what is UTF-8 of `text`, and U+FFFD for each byte that is not.
void AppendRepaired(std::string_view text, std::string* out) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) {
      out->append(kReplacementCharacter);
      text.remove_prefix(1);
    } else {
      AppendEscaped(text.substr(0, size), out);
      text.remove_prefix(size);
    }
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  if (simdjson::validate_utf8(text)) {
    AppendEscaped(text, out);
  } else {
    AppendRepaired(text, out);
  }
  out->push_back('"');
}

template <typename T>
void AppendNumber(T value, std::string* out) {
  std::array<char, 32> text;  // the shortest form of a double has 24 characters at most
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  out->append(text.data(), static_cast<size_t>(result.ptr - text.data()));
}

}  // namespace

void JsonWriter::BeginValue() {
  if (comma_) out_->push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  BeginValue();
  out_->push_back('{');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  out_->push_back('}');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  BeginValue();
  out_->push_back('[');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  out_->push_back(']');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  BeginValue();
  AppendQuoted(key, out_);
  out_->push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  BeginValue();
  AppendQuoted(text, out_);
  return *this;
}

JsonWriter& JsonWriter::Base64(std::string_view base64) {
  BeginValue();
  out_->push_back('"');
  AppendStandardBase64(base64, out_);
  out_->push_back('"');
  return *this;
}

JsonWriter& JsonWriter::Integer(int64_t value) {
  BeginValue();
  AppendNumber(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Unsigned(uint64_t value) {
  BeginValue();
  AppendNumber(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Number(double value) {
  if (!std::isfinite(value)) return Null();
  BeginValue();
  AppendNumber(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  BeginValue();
  out_->append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  BeginValue();
  out_->append("null");
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  BeginValue();
  out_->append(json);
  return *this;
}

}  // namespace junctor::engine
