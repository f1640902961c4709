// The passes: rewrites of the flow graph between sema and codegen, each in a file of its own,
// listed in passes.def.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// One declaration per pass. Each rewrites `graph` in place: from a valid graph to a valid graph
// that treats every request alike, except that after ThreadJumps `graph.start` may be any node.
// What the pass does stands in passes.def, why it is right in its file. The elements never change,
// and a node keeps the element that it came from: a switch, which stands for several, the first of
// them.
#define JUNCTOR_PASS(function, name, required, meaning) void function(FlowGraph& graph);
#include "compiler/passes/passes.def"
#undef JUNCTOR_PASS

inline constexpr size_t kPassCount = 0
#define JUNCTOR_PASS(function, name, required, meaning) +1
#include "compiler/passes/passes.def"
#undef JUNCTOR_PASS
    ;

enum class PassNeed : uint8_t { kRequired, kOptional };

// One row of the table.
struct PassInfo {
  std::string_view name;
  PassNeed need;
  std::string_view meaning;
  void (*run)(FlowGraph& graph);
};

// All passes, in the order in which they run.
std::span<const PassInfo> AllPasses();

// The index of the pass called `name` in AllPasses(), or nothing.
std::optional<size_t> FindPass(std::string_view name);

// Which passes run: bit i stands for AllPasses()[i].
using PassSet = std::bitset<kPassCount>;

// Every pass.
PassSet EveryPass();

// Those that codegen needs.
PassSet RequiredPasses();

// Runs the passes of `set`, and the required ones, in order.
void RunPasses(FlowGraph& graph, const PassSet& set);

}  // namespace junctor::compiler
