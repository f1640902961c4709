// The compiler's one public entry: route text in, a verified program or diagnostics out. Pure: no
// I/O, no clock, no state.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/diagnostic.h"
#include "compiler/graph/flow_graph.h"
#include "compiler/passes/pass.h"
#include "compiler/source/source.h"
#include "runtime/program/program.h"

namespace junctor::compiler {

struct CompileOptions {
  // Behaviour.
  bool allow_comments = true;    // `//`, `/* */` and trailing commas, as in files on disk (R3); the
                                 // admin API refuses them
  bool cost_limits_act = false;  // false: a cost limit gets a warning that names it
  std::vector<std::string>
      known_providers;  // slugs; when not empty, a model of another provider gets a warning
  // Whether the price of a provider's model is known; where it is set, a model without a price in a
  // route with a cost limit gets a warning. Called from the compiling thread; should be pure.
  std::function<bool(std::string_view provider, std::string_view model)> is_priced;
  // Performance.
  bool optimise = true;  // false: no pass but those that codegen needs
  PassSet passes =
      EveryPass();  // when optimising: which passes run; those that codegen needs always do
};

// What a compilation yields. Owns everything in it.
struct CompileResult {
  std::shared_ptr<const Source> source;
  std::vector<Diagnostic> diagnostics;     // by position in the text
  std::shared_ptr<const FlowGraph> graph;  // as checked, before passes; null when there are errors
  std::shared_ptr<const Program> program;  // null when there are errors

  bool ok() const { return program != nullptr; }
  size_t CountOf(Severity severity) const;
};

// Compiles `text`. `name` is what diagnostics call it: a path, or a route's name. Thread-safe.
CompileResult Compile(std::string_view name, std::string_view text, const CompileOptions& options);

}  // namespace junctor::compiler
