// Compact JSON text, written value by value into a string: what requests, answers and chunks are
// made with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine {

// Appends JSON to a string and puts the commas in. The caller keeps the structure right: what is
// begun is ended, a key stands before each member of an object. Not thread-safe.
class JsonWriter {
 public:
  // `out` outlives the writer.
  explicit JsonWriter(std::string* out) : out_(out) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  // Escapes what JSON asks for. `text` is UTF-8; bytes that are not are replaced by U+FFFD.
  JsonWriter& String(std::string_view text);
  // A string of base64 in the standard alphabet, padded; `base64` as AppendStandardBase64 takes it.
  JsonWriter& Base64(std::string_view base64);
  JsonWriter& Integer(int64_t value);
  JsonWriter& Unsigned(uint64_t value);
  // The shortest text that reads back as `value`; null for what JSON has no number for.
  JsonWriter& Number(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // One value that is JSON text already.
  JsonWriter& Raw(std::string_view json);

 private:
  void BeginValue();

  std::string* out_;
  bool comma_ = false;  // a value stands before: the next one needs a comma
};

}  // namespace junctor::engine
