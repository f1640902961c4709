#include "compiler/passes/pass.h"

namespace junctor::compiler {
namespace {

constexpr PassInfo kPasses[] = {
#define JUNCTOR_PASS(function, name, required, meaning) \
  {name, PassNeed::required, meaning, &function},
#include "compiler/passes/passes.def"
#undef JUNCTOR_PASS
};

}  // namespace

std::span<const PassInfo> AllPasses() { return kPasses; }

std::optional<size_t> FindPass(std::string_view name) {
  for (size_t i = 0; i < kPassCount; ++i) {
    if (kPasses[i].name == name) return i;
  }
  return std::nullopt;
}

PassSet EveryPass() { return PassSet().set(); }

PassSet RequiredPasses() {
  PassSet set;
  for (size_t i = 0; i < kPassCount; ++i) set[i] = kPasses[i].need == PassNeed::kRequired;
  return set;
}

void RunPasses(FlowGraph& graph, const PassSet& set) {
  const PassSet to_run = set | RequiredPasses();
  for (size_t i = 0; i < kPassCount; ++i) {
    if (to_run[i]) kPasses[i].run(graph);
  }
}

}  // namespace junctor::compiler
