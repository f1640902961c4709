// What a checked route can cost at worst (R7): the longest path, the most model calls, the longest
// wait for a byte. `check` prints them, codegen stores the numbers in the program.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/flow_graph.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// The bounds of one route, each with the first path, in output order, that attains it: nodes from
// the start to the last. Where the most calls come about after a stream that breaks off (R22), that
// path is the one up to the model, on from its success where models are called there, and then on
// from its fallback.
struct RouteBounds {
  ProgramBounds values;
  std::vector<NodeId> longest_path;
  std::vector<NodeId> most_calls;
  std::vector<NodeId> slowest;
  bool deadline_caps = false;  // the route's deadline is shorter than the slowest path
};

// The longest that one visit of the element can take before its answer is there, in milliseconds:
// timeout × attempts, since any failure may come at the last moment, and before each retry the
// worst delay. That is the backoff delay with full jitter, rounded up, or kMaxRetryAfterMs where
// that is longer and an error class that is retried comes with an HTTP answer, and so may carry
// `Retry-After`. (`Retry-After` itself carries no jitter.) Retries after a broken stream count
// where nothing of it had been sent (`hold`), not where the first byte was (`continue`).
uint64_t WorstModelMs(const ModelSpec& model);

// The bounds of `graph`. A model's success counts like its failure: the answer may come at the last
// moment, be held, and be followed by another model (R23). Rate elements and splits take no time.
// Hedges make nothing slower. What `onStreamFailure` "hold" (R22) waits for after each first token
// is not counted: only the silence between events is bounded there. Calls are counted as CallBound
// says. Linear.
// REQUIRES: as for TopologicalOrder.
RouteBounds ComputeBounds(const FlowGraph& graph);

}  // namespace junctor::compiler
