// The properties of one element, by key and type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/sema/context.h"

namespace junctor::compiler {

// Reads the properties of one element. Construction reports keys that are not known, and missing
// properties are simply absent. Every function reports what is wrong and then returns nothing.
class Properties {
 public:
  Properties(const ElementSyntax& element, SemaContext* context);

  // The value, or null where it is absent.
  const JsonValue* Find(std::string_view key) const;
  // Likewise for two spellings of one property, of which only one may stand there (R2).
  const JsonValue* FindEither(std::string_view key, std::string_view other) const;
  // Reports that `key` is missing, unless all properties are damaged. `example` is a member to add.
  void ReportMissing(std::string_view key, std::string_view example) const;

  // A whole number from `least` to `most`.
  std::optional<uint64_t> Integer(std::string_view key, uint64_t least, uint64_t most) const;
  // true or false.
  std::optional<bool> Bool(std::string_view key) const;
  // A string that can be a name: not empty, no control characters, no white space at its ends.
  std::optional<std::string> Name(std::string_view key, size_t most_bytes) const;
  // The index of one of `words`.
  std::optional<size_t> Choice(std::string_view key,
                               const std::vector<std::string_view>& words) const;

  const std::string& owner() const { return owner_; }
  // Whether some unknown key is close to a known one.
  bool has_unknown() const { return has_unknown_; }

 private:
  const ElementSyntax& element_;
  SemaContext* context_;
  std::string owner_;
  bool has_unknown_ = false;
};

// `value` as a whole number from `least` to `most`; reports otherwise. `what` is e.g. "`timeout` of
// the model element `a`".
std::optional<uint64_t> ReadInteger(const JsonValue& value, const std::string& what, uint64_t least,
                                    uint64_t most, DiagnosticSink* sink);

}  // namespace junctor::compiler
