// What differs between two versions of a route, element by element, and what it means for what a
// request can cost and how long it can wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/control/route_text.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// One property, or any other key of an element, in canonical spelling (R2). JSON texts without
// white space; empty: absent.
struct PropertyChange {
  std::string name;
  std::string before;
  std::string after;
};

// An element that both versions have, with other properties or another type.
struct ElementChange {
  std::string id;
  std::vector<PropertyChange> properties;
};

// An output that leads elsewhere. Empty: the output is not there.
struct Rewiring {
  std::string id;
  std::string output;
  std::string before;
  std::string after;
};

// Elements are told apart by their ids: one with another id is removed and added.
struct RouteDiff {
  std::vector<std::string> added;    // JSON texts, as they stand in the later version
  std::vector<std::string> removed;  // as they stand in the earlier version
  std::vector<ElementChange> changed;
  std::vector<Rewiring> rewired;
  // Of the whole route, JSON texts; empty: none.
  std::string deadline_before;
  std::string deadline_after;
  // Nothing where a version does not compile.
  std::optional<ProgramBounds> bounds_before;
  std::optional<ProgramBounds> bounds_after;
  std::vector<std::string> summary;  // a line each, for people; never empty
};

// Compares two versions. Order and white space of elements don't count, nor which of two spellings
// was used.
RouteDiff DiffRoutes(const VersionSource& before, const VersionSource& after);

// A JSON object: {from, to, added: [element], removed: [element], changed: [{id, properties:
// [{name, before, after}]}], rewired: [{id, output, before, after}], deadline: {before, after},
// bounds: {before, after}, summary: [text]}. `from` and `to` are the versions' ids. Null: absent.
std::string RenderRouteDiffJson(const RouteDiff& diff, std::string_view from, std::string_view to);

}  // namespace junctor::engine
