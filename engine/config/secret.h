// A credential in memory: it can be used and compared, and never printed by accident.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace junctor::engine {

// A key or token. Has no stream operator and no conversion, so that it can't slip into a log line
// or an error.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  // The value itself: only for the one place that puts it on the wire. Valid as long as this
  // object.
  std::string_view Reveal() const { return value_; }
  // Whether `candidate` is this secret, in a time that does not tell how much of it is right. False
  // for an empty secret.
  bool Matches(std::string_view candidate) const;

 private:
  std::string value_;
};

}  // namespace junctor::engine
