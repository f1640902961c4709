#include "engine/explain/bounds_json.h"

#include "compiler/graph/node_text.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

void AppendStrings(std::string* out, const std::vector<std::string>& texts) {
  out->push_back('[');
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(out, texts[i]);
  }
  out->push_back(']');
}

}  // namespace

std::vector<std::string> ElementsOf(const compiler::FlowGraph& graph,
                                    const std::vector<compiler::NodeId>& path) {
  std::vector<std::string> ids;
  for (const compiler::NodeId node : path) {
    ids.emplace_back(compiler::ElementId(graph, graph.nodes[node]));
  }
  return ids;
}

std::string RenderBoundsJson(const compiler::FlowGraph& graph) {
  const compiler::RouteBounds bounds = compiler::ComputeBounds(graph);
  std::string out = "{\"longest_path\":" + std::to_string(bounds.values.longest_path);
  out += ",\"max_calls\":" + std::to_string(bounds.values.max_calls);
  out += ",\"worst_first_byte_ms\":" + std::to_string(bounds.values.worst_first_byte_ms);
  out += bounds.deadline_caps ? ",\"deadline_caps\":true" : ",\"deadline_caps\":false";
  out += ",\"longest\":";
  AppendStrings(&out, ElementsOf(graph, bounds.longest_path));
  out += ",\"most_calls\":";
  AppendStrings(&out, ElementsOf(graph, bounds.most_calls));
  out += ",\"slowest\":";
  AppendStrings(&out, ElementsOf(graph, bounds.slowest));
  return out + "}";
}

}  // namespace junctor::engine
