// What the checks of one route share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/diag/sink.h"
#include "compiler/graph/flow_graph.h"
#include "compiler/sema/analyze.h"
#include "compiler/source/source.h"
#include "compiler/syntax/route_syntax.h"
#include "runtime/program/field.h"

namespace junctor::compiler {

// An output that leads to an existing element other than the start.
struct Edge {
  NodeId from;
  NodeId to;
  const OutputSyntax* output;
};

// A field that was found to be one (R18).
struct KnownField {
  std::string text;  // canonical: a header's name in lower case
  FieldRoot root;
  RequestFact fact;  // of kRequest
};

// The state of one analysis: input, what the passes found out for one another, and the graph that
// they fill.
struct SemaContext {
  const RouteSyntax& route;
  const Source& source;
  const AnalyzeOptions& options;
  DiagnosticSink* sink;
  FlowGraph* graph;

  // Names (check_names.cc). Elements without a usable id can't be linked to.
  std::unordered_map<std::string_view, NodeId> ids;
  size_t nameless_elements = 0;

  // Links (check_links.cc). targets[i] belongs to route.elements[i].outputs; kNoNode where the link
  // is damaged.
  std::vector<std::vector<NodeId>> targets;
  std::vector<Edge> edges;         // by `from`
  std::vector<size_t> first_edge;  // of each element, and one past the last
  NodeId start = kNoNode;          // the only one of type start
  bool links_damaged =
      false;  // some link or type is missing or wrong: say nothing of what can be reached

  // Fields and patterns that conditions and keys use.
  std::unordered_map<std::string, KnownField> fields;
  std::unordered_set<std::string> patterns;
  int64_t pattern_size = 0;        // instructions of all of them
  bool patterns_exceeded = false;  // reported
  bool fields_exceeded = false;    // reported
};

// "the model element `gpt`".
std::string OwnerName(const ElementSyntax& element);

}  // namespace junctor::compiler
