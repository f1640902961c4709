// JSON as written: a tree whose every node knows its place in the text.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "compiler/source/span.h"

namespace junctor::compiler {

enum class JsonKind : uint8_t {
  kInvalid,  // something that was reported when it was read: accept it silently wherever a value is
             // expected
  kNull,
  kBool,
  kNumber,
  kString,
  kArray,
  kObject,
};

struct JsonMember;

// One value. Owned by its tree; immutable after parsing.
struct JsonValue {
  JsonKind kind = JsonKind::kInvalid;
  bool boolean = false;               // kBool
  uint32_t count = 0;                 // items or members
  Span span;                          // the whole value, quotes and brackets included
  uint32_t index = 0;                 // among its parent's items or members
  const JsonValue* parent = nullptr;  // null for the root
  std::string_view text;              // kNumber: as written; kString: decoded, valid UTF-8
  const JsonValue* const* item_data = nullptr;  // kArray
  const JsonMember* member_data = nullptr;      // kObject

  std::span<const JsonValue* const> items() const { return {item_data, count}; }
  // In the order of the text; duplicates (an error) included.
  std::span<const JsonMember> members() const;
  // The first member called `key`, or null. Linear: for objects of few members.
  const JsonMember* Find(std::string_view key) const;

  bool is(JsonKind other) const { return kind == other; }
};

// A key with its value.
struct JsonMember {
  std::string_view key;  // decoded, valid UTF-8
  Span key_span;         // quotes included
  const JsonValue* value = nullptr;
};

inline std::span<const JsonMember> JsonValue::members() const { return {member_data, count}; }

// A parsed text. Owns its nodes and views the text of the Source that it came from.
struct JsonTree {
  std::pmr::monotonic_buffer_resource arena;
  const JsonValue* root = nullptr;
};

// "/" and `key` with `~` and `/` escaped: one step of a JSON Pointer (RFC 6901).
std::string PointerStep(std::string_view key);

// The JSON Pointer of `value`, e.g. "/elements/2/outputs/next"; the root's is "". Only for values
// of a finished tree.
std::string JsonPointerOf(const JsonValue& value);

// The innermost value below `root` whose bytes, with the key before it, hold byte `offset`. Costs a
// binary search a level.
const JsonValue& InnermostValueAt(const JsonValue& root, uint32_t offset);

// "the string `\"50%\"`", "the number `5`", "an object", "null": what was found, for messages.
std::string DescribeJson(const JsonValue& value);
// "a string", "an object" …
std::string_view JsonKindName(JsonKind kind);

}  // namespace junctor::compiler
