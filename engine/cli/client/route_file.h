// A route file as the admin API takes it: a name and elements, without comments, at their places.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/source/source.h"
#include "engine/cli/client/json.h"
#include "engine/control/control_error.h"

namespace junctor::engine {

// `text` with comments and trailing commas (R3) replaced by spaces, one for each character, so that
// every line and column stays what it is. For texts that compile.
std::string BlankComments(std::string_view text);

struct RouteFile {
  std::string path;
  std::shared_ptr<const compiler::Source> source;  // as written
  std::string name;
  std::string elements;   // JSON text of the array
  std::string deadline;   // JSON text; empty: none
  std::string canonical;  // of both: equal where nothing but spelling differs
  // Where the elements begin in the file; both from 1, the column in code points.
  size_t first_line = 1;
  size_t first_column = 1;
};

// The canonical form of what a version says. InvalidArgument: `deadline` is not JSON.
absl::StatusOr<std::string> CanonicalVersion(const Json& elements, std::string_view deadline);

// What of the route in `source` goes to the API. The text compiles.
absl::StatusOr<RouteFile> ReadRouteFile(std::string path,
                                        std::shared_ptr<const compiler::Source> source);

// The server's diagnostics of `file`, as `junctor check` shows its own: places in the elements as
// they were sent become places in the file.
std::string RenderServerDiagnostics(const std::vector<ControlError>& diagnostics,
                                    const RouteFile& file, bool colour);

}  // namespace junctor::engine
