// How a node and its edges are called where people read them: dumps and exports share these words.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// The element type as routes spell it ("conditional", "model", …), or "switch".
std::string_view NodeTypeName(const Node& node);

// What the node does, on one line: its condition, `provider/model`, its limit, its key. Empty for
// start and end.
std::string NodeSummary(const Node& node);

// The outgoing edges with their labels: "true", "50% new", a case's constant. In the order of the
// outputs.
std::vector<std::pair<std::string, NodeId>> LabelledEdges(const Node& node);

// The id of the element that `node` came from, or "" where it came from none.
std::string_view ElementId(const FlowGraph& graph, const Node& node);

// Longest summary of a node or label of an edge in a picture, in bytes; the rest is cut with an
// ellipsis.
inline constexpr size_t kMaxPictureTextBytes = 120;

// What stands in a node of a picture: id, type and summary on a line each.
std::string PictureLabel(const FlowGraph& graph, const Node& node);

// `text` cut to at most `max_bytes` with an ellipsis, never inside a code point.
std::string Shorten(std::string_view text, size_t max_bytes);

}  // namespace junctor::compiler
