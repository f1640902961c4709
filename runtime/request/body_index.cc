// One forward pass over a body with simdjson On Demand, whose SIMD stage has then validated the
// whole text's UTF-8, strings and quotes.
#include "runtime/request/body_index.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "runtime/request/json_cursor.h"
#include "simdjson.h"

namespace junctor {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

// A parser's buffers take about seven times the size of the body. They start with room for an
// ordinary chat request, and are given back after a body larger than the second bound, so that one
// large body does not stay a thread's burden.
constexpr size_t kSmallestCapacity = 64 * 1024;
constexpr size_t kLargestKeptCapacity = 1024 * 1024;
// simdjson counts in 32 bits.
constexpr size_t kLargestBody = 0xFFFFFFFF - kBodyPadding;

constexpr size_t kUsualKeys = 16;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The first byte that is not white space; text.size() when there is none.
size_t FirstByte(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// The first byte that is not part of valid UTF-8. Slow: for messages only.
size_t FirstInvalidUtf8(std::string_view text) {
  size_t valid = 0;
  while (valid < text.size()) {
    const auto lead = static_cast<unsigned char>(text[valid]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (valid + length > text.size() || !simdjson::validate_utf8(text.data() + valid, length))
      break;
    valid += length;
  }
  return valid;
}

// The first byte behind the text's first value; text.size() when that does not end or nothing
// follows. For messages only.
size_t AfterFirstValue(std::string_view text) {
  JsonCursor cursor(text);
  std::string_view value;
  if (!cursor.TakeValue(&value)) return text.size();
  cursor.Next();
  return cursor.offset();
}

absl::Status NotAnObject(const std::string& what, size_t at) {
  return absl::InvalidArgumentError("the body is not a JSON object: " + what + " at byte " +
                                    std::to_string(at));
}

std::string FirstValueInWords(char c) {
  if (c == '[') return "an array begins";
  if (c == '"') return "a string begins";
  if (c == '-' || (c >= '0' && c <= '9')) return "a number begins";
  if (c == 't' || c == 'f' || c == 'n') return "a word begins";
  if (c == '\xEF') return "a byte order mark stands";
  return "something that is not JSON begins";
}

// What simdjson found wrong, in words. `location` is where it was, null where it does not know.
absl::Status InWords(simdjson::error_code error, std::string_view body, const char* location) {
  const bool inside = location >= body.data() && location <= body.data() + body.size();
  const size_t at = inside ? static_cast<size_t>(location - body.data()) : body.size();
  switch (error) {
    case simdjson::UTF8_ERROR:
      return NotAnObject("invalid UTF-8", FirstInvalidUtf8(body));
    case simdjson::UNCLOSED_STRING:
      return NotAnObject("the text ends inside a string", body.size());
    case simdjson::UNESCAPED_CHARS:
      return NotAnObject("a string with a raw control character, or one that does not end,", at);
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      // simdjson says so of every text whose last byte is not a }, and of text after the object
      // too.
      if (const size_t after = AfterFirstValue(body); after < body.size()) {
        return NotAnObject("text after its closing }", after);
      }
      return NotAnObject("the text ends before its closing }", body.size());
    case simdjson::STRING_ERROR:
      return NotAnObject("a key with an escape that JSON does not have", at);
    case simdjson::MEMALLOC:
      return absl::ResourceExhaustedError("no memory to read a body of " +
                                          std::to_string(body.size()) + " bytes");
    default:
      return NotAnObject("unexpected text (expected a key, ':', ',' or '}')", at);
  }
}

}  // namespace

std::string_view BodyIndex::Find(std::string_view key) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->key == key) return entry->value;
  }
  return {};
}

bool BodyIndex::IsDuplicate(std::string_view key) const {
  return std::count_if(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.key == key; }) > 1;
}

struct BodyScanner::State {
  simdjson::error_code ScanMembers(std::string_view body, ondemand::object& object,
                                   BodyIndex* index, bool* too_many) const;
  // Sets `key` to the unescaped key of `field`.
  simdjson::error_code TakeKey(std::string_view body, ondemand::field& field, BodyIndex* index,
                               std::string_view* key) const;

  ondemand::parser parser;
};

simdjson::error_code BodyScanner::State::TakeKey(std::string_view body, ondemand::field& field,
                                                 BodyIndex* index, std::string_view* key) const {
  const char* raw = field.key().raw();
  const size_t start = static_cast<size_t>(raw - body.data());
  const std::string_view text = body.substr(start, body.find('"', start) - start);
  if (text.find('\\') == std::string_view::npos) {
    *key = text;
    return simdjson::SUCCESS;
  }
  // Written with escapes, so the quote may be one of them.
  std::string_view unescaped;
  if (const auto error = field.unescaped_key().get(unescaped)) return error;
  index->unescaped_keys_.push_back(std::make_unique<std::string>(unescaped));
  *key = *index->unescaped_keys_.back();
  return simdjson::SUCCESS;
}

simdjson::error_code BodyScanner::State::ScanMembers(std::string_view body,
                                                     ondemand::object& object, BodyIndex* index,
                                                     bool* too_many) const {
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field)) return error;
    if (index->entries_.size() == kMaxBodyKeys) {
      *too_many = true;
      return simdjson::SUCCESS;
    }
    BodyIndex::Entry entry;
    if (const auto error = TakeKey(body, field, index, &entry.key)) return error;
    ondemand::value& value = field.value();
    const char first = *value.raw_json_token().data();
    if (first == '{') {
      ondemand::object nested;
      if (const auto error = value.get_object().get(nested)) return error;
      if (const auto error = nested.raw_json().get(entry.value)) return error;
    } else if (first == '[') {
      ondemand::array nested;
      if (const auto error = value.get_array().get(nested)) return error;
      if (const auto error = nested.raw_json().get(entry.value)) return error;
    } else {
      entry.value = value.raw_json_token();
    }
    entry.value = TrimEnd(entry.value);
    index->entries_.push_back(entry);
  }
  return simdjson::SUCCESS;
}

BodyScanner::BodyScanner() : state_(std::make_unique<State>()) {}
BodyScanner::~BodyScanner() = default;
BodyScanner::BodyScanner(BodyScanner&&) noexcept = default;
BodyScanner& BodyScanner::operator=(BodyScanner&&) noexcept = default;

absl::Status BodyScanner::Scan(std::string_view body, BodyIndex* index) {
  index->entries_.clear();
  index->unescaped_keys_.clear();
  index->entries_.reserve(kUsualKeys);
  const size_t first = FirstByte(body);
  if (first == body.size()) return NotAnObject("it is empty", body.size());
  if (body[first] != '{') return NotAnObject(FirstValueInWords(body[first]), first);
  if (body.size() > kLargestBody) return NotAnObject("it is larger than 4 GiB,", kLargestBody);

  ondemand::parser& parser = state_->parser;
  if (parser.capacity() < body.size()) {
    const size_t capacity = std::max(kSmallestCapacity, std::bit_ceil(body.size()));
    if (const auto error = parser.allocate(std::min(capacity, kLargestBody))) {
      return InWords(error, body, nullptr);
    }
  }
  ondemand::document document;
  ondemand::object object;
  bool too_many = false;
  const simdjson::padded_string_view padded(body.data(), body.size(), body.size() + kBodyPadding);
  simdjson::error_code error = parser.iterate(padded).get(document);
  if (error) return InWords(error, body, nullptr);
  error = document.get_object().get(object);
  if (!error) error = state_->ScanMembers(body, object, index, &too_many);
  const char* location = nullptr;
  const bool at_end = document.current_location().get(location) != simdjson::SUCCESS;
  if (parser.capacity() > kLargestKeptCapacity) parser = ondemand::parser();
  if (error) return InWords(error, body, location);
  if (too_many) {
    return absl::InvalidArgumentError("the body has more than " + std::to_string(kMaxBodyKeys) +
                                      " top-level keys");
  }
  if (!at_end) {
    return NotAnObject("text after its closing }", static_cast<size_t>(location - body.data()));
  }
  return absl::OkStatus();
}

}  // namespace junctor
