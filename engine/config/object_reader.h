// Reads one JSON object of a configuration key by key, and complains about everything that is left.
// Internal to engine/config.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {

// Problems of one configuration, in the order in which they were found.
class ConfigProblems {
 public:
  explicit ConfigProblems(std::string_view name) : name_(name) {}

  // `path` is the key's place, "limits.body_bytes"; empty: the file as a whole.
  void Add(std::string_view path, std::string_view what);
  bool empty() const { return lines_.empty(); }
  // One line per problem, without a newline at the end.
  std::string Text() const;

 private:
  std::string name_;
  std::vector<std::string> lines_;
};

// What a value is, for messages: "the string `8`", "an object". Long strings are cut. Never used on
// values that may be secret: the configuration holds names of variables, not their contents.
std::string DescribeJson(const rapidjson::Value& value);

// One object. Each Read… leaves `out` alone when the key is absent or wrong; wrong values go to the
// problems.
class ObjectReader {
 public:
  // `value` must outlive the reader. A value that is no object is a problem, and the reader is then
  // empty.
  ObjectReader(const rapidjson::Value& value, std::string path, ConfigProblems* problems);

  // The value of `key`, or null.
  const rapidjson::Value* Find(std::string_view key);
  bool ReadString(std::string_view key, std::string* out);
  bool ReadInteger(std::string_view key, uint64_t least, uint64_t most, uint64_t* out);
  bool ReadBoolean(std::string_view key, bool* out);
  // An array of strings.
  bool ReadStrings(std::string_view key, std::vector<std::string>* out);

  // Reports keys that nobody asked for, and keys that stand there twice. Call last.
  void Finish();

  // "limits.body_bytes" for key "body_bytes" of object "limits".
  std::string PathOf(std::string_view key) const;
  ConfigProblems* problems() { return problems_; }

 private:
  const rapidjson::Value* object_;
  std::string path_;
  ConfigProblems* problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace junctor::engine
