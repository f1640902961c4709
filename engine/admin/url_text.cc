#include "engine/admin/url_text.h"

namespace junctor::engine {
namespace {

// Longest piece of a caller's text in a message.
constexpr size_t kMostPrintable = 200;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whether `text` is UTF-8 without zero bytes, overlong forms or surrogates.
bool IsCleanUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const unsigned char first = static_cast<unsigned char>(text[i]);
    if (first == 0) return false;
    if (first < 0x80) {
      ++i;
      continue;
    }
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || i + length > text.size()) return false;
    uint32_t code = first & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const unsigned char next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = (code << 6) | (next & 0x3Fu);
    }
    if (code < (length == 4   ? 0x10000u
                : length == 3 ? 0x800u
                              : 0x80u) ||
        code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    segments.push_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

std::optional<std::string> DecodePercent(std::string_view text, PlusSign plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusSign::kSpace) {
      decoded += ' ';
      continue;
    }
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!IsCleanUtf8(decoded)) return std::nullopt;
  return decoded;
}

std::string EncodePercent(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      encoded += c;
      continue;
    }
    encoded += '%';
    encoded += "0123456789ABCDEF"[byte >> 4];
    encoded += "0123456789ABCDEF"[byte & 0x0F];
  }
  return encoded;
}

std::optional<std::vector<std::pair<std::string, std::string>>> DecodeQuery(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(part.size() < text.size() ? part.size() + 1 : part.size());
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    std::optional<std::string> name = DecodePercent(part.substr(0, equals), PlusSign::kSpace);
    std::optional<std::string> value = DecodePercent(
        equals == part.npos ? std::string_view() : part.substr(equals + 1), PlusSign::kSpace);
    if (!name.has_value() || !value.has_value()) return std::nullopt;
    query.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kMostPrintable));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = '?';
  }
  if (text.size() > kMostPrintable) out += "…";
  return out;
}

}  // namespace junctor::engine
