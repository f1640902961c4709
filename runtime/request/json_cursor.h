// A careful walk over JSON text that nobody has validated: the values of a body are passed over
// unread until a route asks for them. Every function checks its bounds and says false where the
// text is not what it should be; none throws or recurses.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string_view>

#include "runtime/program/value.h"

namespace junctor {

// A position in JSON text. Cheap to copy; views the text.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text)
      : begin_(text.data()), position_(text.data()), end_(text.data() + text.size()) {}

  // Bytes before the position.
  size_t offset() const { return static_cast<size_t>(position_ - begin_); }
  bool at_end() const { return position_ == end_; }

  // Skips white space and gives the byte that follows; 0 at the end.
  char Next();
  // Skips white space and, if `expected` follows, that too.
  bool Consume(char expected);

  // Takes a string whose opening quote is next; `raw` gets what stands between the quotes, escapes
  // as written.
  bool TakeString(std::string_view* raw);
  // Takes one value of any kind; `raw` gets its text. Brackets are counted, what stands between
  // them is not checked.
  bool TakeValue(std::string_view* raw);

 private:
  bool TakeCompound();

  const char* begin_;
  const char* position_;
  const char* end_;
};

// Visits the members of the object whose text is `object` as visit(raw_key, raw_value), in order,
// duplicates included. False, with some members perhaps visited, where the text is not an object's.
template <typename Visit>
bool ForEachMember(std::string_view object, Visit&& visit) {
  JsonCursor cursor(object);
  if (!cursor.Consume('{')) return false;
  if (cursor.Consume('}')) return cursor.at_end();
  do {
    std::string_view key;
    std::string_view value;
    if (cursor.Next() != '"' || !cursor.TakeString(&key) || !cursor.Consume(':') ||
        !cursor.TakeValue(&value)) {
      return false;
    }
    visit(key, value);
  } while (cursor.Consume(','));
  return cursor.Consume('}') && cursor.at_end();
}

// Visits the items of the array whose text is `array` as visit(raw_value). False as for
// ForEachMember.
template <typename Visit>
bool ForEachItem(std::string_view array, Visit&& visit) {
  JsonCursor cursor(array);
  if (!cursor.Consume('[')) return false;
  if (cursor.Consume(']')) return cursor.at_end();
  do {
    std::string_view value;
    if (!cursor.TakeValue(&value)) return false;
    visit(value);
  } while (cursor.Consume(','));
  return cursor.Consume(']') && cursor.at_end();
}

// The text of a string whose inside is `raw`: `raw` itself where it has no escapes, else a copy in
// `arena`. A lone surrogate becomes U+FFFD, so that one bad character does not hide a whole text
// from the conditions. Nothing where an escape or a control character is not allowed by RFC 8259.
std::optional<std::string_view> DecodeString(std::string_view raw,
                                             std::pmr::memory_resource* arena);

// Bytes of the text that the string `quoted`, quotes included, stands for; an escape that is not
// allowed counts as written.
size_t DecodedSize(std::string_view quoted);

// Whether the string written as `raw` is `text`, escapes resolved.
bool RawStringIs(std::string_view raw, std::string_view text);

// The number written as `text`, a whole JSON number: whole numbers within int64 are kInt however
// they are written, others kDouble (R29). Beyond the range of a double it is an infinity, which
// stands beyond every number. Missing where it is not a JSON number.
Value DecodeNumber(std::string_view text);

// The scalar written as `text`, strings in `arena` where they need it. Missing where it is not a
// JSON scalar.
Value DecodeScalar(std::string_view text, std::pmr::memory_resource* arena);

}  // namespace junctor
