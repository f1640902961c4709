// JSON trees as the judge sees them: RapidJSON documents with MongoDB's equality and order on top.
// Slow and obvious on purpose.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

namespace junctor::oracle {

using Json = rapidjson::Value;

// Parses `text`, or returns false. Numbers are read exactly; of duplicate keys only the last one
// stays, at every depth. `comments` allows `//`, `/* */` and trailing commas, as in route files
// (R3).
bool ParseJson(std::string_view text, bool comments, rapidjson::Document* document);

// The member of object `value` called `key`, or null.
const Json* Member(const Json& value, std::string_view key);

// The text of a string.
std::string_view Text(const Json& string);

// Compact JSON text in which equal values have equal text: numbers by value.
std::string CanonicalText(const Json& value);

// The value of a number: exact for whole numbers within 64 bits, else as a double.
long double NumberOf(const Json& number);

// A type's place in MongoDB's order of types; values are only comparable where it is equal (R29).
int TypeRank(const Json& value);

// Below 0, 0 or above 0 as `a` stands before, at or after `b` in MongoDB's total order: type, then
// value; documents by type, key and value of each member in turn; strings by their bytes.
int Compare(const Json& a, const Json& b);

}  // namespace junctor::oracle
