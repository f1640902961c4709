// The JSON object of a request's body, read member by member; what is wrong is gathered, so that a
// client is told all of it at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/control/control_error.h"

namespace junctor::engine {

// How deep arrays and objects may stand inside each other in a body: more than the conditions of
// any route need, and little enough for whoever walks the tree.
inline constexpr int kMaxBodyDepth = 200;

// Longest text that a member has where its reader says nothing else: names, comments, headers.
inline constexpr size_t kMaxMemberBytes = 64 * 1024;

enum class Presence : uint8_t {
  kRequired,  // absent or null: an error
  kOptional,  // absent or null: nothing
};

// A body. Each read gives nothing when the member is absent, null or wrong; a wrong one, and a
// required one that is not there, is an error with its path. Members that nobody asks for are
// ignored. For one thread.
class RequestBody {
 public:
  // InvalidJSON, a value that is no object, a member that stands there twice, or more than
  // kMaxBodyDepth levels: an error with the path {"body"}.
  static ControlResult<RequestBody> Parse(std::string_view text);

  RequestBody(RequestBody&&) noexcept;
  RequestBody& operator=(RequestBody&&) noexcept;
  ~RequestBody();

  // What the members are called, in no particular order.
  std::vector<std::string> Names() const;

  // Whether the member is there, null included.
  bool Has(std::string_view name) const;
  bool IsNull(std::string_view name) const;

  // Text without zero bytes, at most `most_bytes` long. A required one must not be empty.
  std::optional<std::string> String(std::string_view name, Presence presence,
                                    size_t most_bytes = kMaxMemberBytes);
  std::optional<bool> Bool(std::string_view name, Presence presence);
  std::optional<int64_t> Integer(std::string_view name, Presence presence,
                                 int64_t least = std::numeric_limits<int64_t>::min(),
                                 int64_t most = std::numeric_limits<int64_t>::max());
  std::optional<double> Number(std::string_view name, Presence presence);
  std::optional<std::vector<std::string>> Strings(std::string_view name, Presence presence);

  // The member's JSON as it was sent, byte for byte. The views live as long as the text that was
  // parsed.
  std::optional<std::string_view> Array(std::string_view name, Presence presence);
  std::optional<std::string_view> Object(std::string_view name, Presence presence);
  // Of whatever kind; nothing when it is absent.
  std::optional<std::string_view> Raw(std::string_view name) const;

  // Adds an error of the caller's: "expected …", about the member `name`.
  void Refuse(std::string_view name, std::string message, int code = kCodeBadField);

  bool ok() const;
  // What was wrong so far; only where it is not ok().
  const ControlErrors& errors() const;

 private:
  struct Impl;
  explicit RequestBody(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::engine
