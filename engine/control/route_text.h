// A stored route as the compiler gets it: its name and its elements put together into one text, and
// what the compiler says of it, in terms of what the client had sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "engine/config/config.h"
#include "engine/control/control_error.h"
#include "engine/directory/directory.h"
#include "engine/store/control_rows.h"

namespace junctor::engine {

// What a version says: JSON texts as they were sent. Views.
struct VersionSource {
  std::string_view elements;       // an array
  std::string_view deadline = {};  // of the whole route, in milliseconds; empty: none
};
VersionSource SourceOf(const VersionRow& version);

// `{"name":…,"elements":<as sent>}`, with the deadline behind them where there is one: the text of
// a version, also what its `data` shows.
std::string RouteText(std::string_view name, const VersionSource& source);

// SHA-256 of a version's elements, and of `,"deadline":<as sent>` behind them where there is one,
// in hex: what says whether two versions are the same.
std::string SourceHash(const VersionSource& source);

// How stored routes are compiled: without comments (R3). `directory` adds the custom providers to
// those that are known; null: none.
compiler::CompileOptions StoredRouteOptions(const Config& config, const Directory* directory);

// Compiles `source` as the route `name`.
compiler::CompileResult CompileElements(std::string_view name, const VersionSource& source,
                                        const compiler::CompileOptions& options);

// A body with `name` and `elements` that is not quite JSON: comments, trailing commas, quotes of
// another kind. So that the compiler can say what is wrong, and where (R3).
struct LenientRoute {
  std::string name;  // empty: there is none
  std::string elements;
  std::string deadline;  // empty: there is none
};
// Nothing where no array of elements can be made out.
std::optional<LenientRoute> ReadLeniently(std::string_view body);

// What the compiler said, errors and warnings, with lines and columns counted in `elements` (none
// where something else is meant) and paths that begin with {"body", "elements"}, {"body", "name"}
// or {"body", "deadline"}.
std::vector<ControlError> ToControlErrors(const std::vector<compiler::Diagnostic>& diagnostics,
                                          std::string_view name, std::string_view elements);

}  // namespace junctor::engine
