// What people write on a command line, read: settings, times, secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/cli/client/json.h"
#include "engine/cli/console.h"
#include "engine/config/config.h"
#include "engine/config/secret.h"

namespace junctor::engine {

// Longest secret that is read.
inline constexpr size_t kMaxSecretBytes = 64 * 1024;

// An object of `field=value` settings. A value that is JSON is taken as such, any other as text.
// InvalidArgument names a setting without `=`.
absl::StatusOr<Json> ReadAssignments(const std::vector<std::string>& settings);

// A time as RFC 3339 with milliseconds: `text` is one, or a span before `now` ("24h", "30m", "7d")
// where `ahead` is false, or after it.
absl::StatusOr<std::string> ReadTime(std::string_view text, absl::Time now, bool ahead);

// A secret, called `what` in errors: of the variable `variable` where that is not empty; else the
// first line of standard input, asked for without echo where a person is there. Where nobody is and
// `from_input` is false, the error says how to give it.
absl::StatusOr<Secret> ReadSecretInput(const std::string& what, const std::string& variable,
                                       bool from_input, const EnvironmentLookup& environment,
                                       const Console& console);

}  // namespace junctor::engine
