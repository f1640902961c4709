// A route's bounds as JSON (R7): for `check` and for the admin API.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/bounds.h"
#include "compiler/graph/flow_graph.h"

namespace junctor::engine {

// The ids of the elements on `path`.
std::vector<std::string> ElementsOf(const compiler::FlowGraph& graph,
                                    const std::vector<compiler::NodeId>& path);

// {longest_path, max_calls, worst_first_byte_ms, deadline_caps, longest: [id], most_calls: [id],
// slowest: [id]} of a checked graph.
std::string RenderBoundsJson(const compiler::FlowGraph& graph);

}  // namespace junctor::engine
