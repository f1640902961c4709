// Flow graphs by hand, for tests of what stands behind sema: elements name each other by id, in any
// order.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "compiler/graph/flow_graph.h"

namespace junctor::compiler::testing {

// "n7": the name of the 7th of many.
inline std::string Numbered(const char* prefix, int number) { return absl::StrCat(prefix, number); }

// Conditions. Constants view what the caller gives: string literals, or text kept by a
// GraphBuilder.
inline Condition True() { return {}; }

inline Condition Junction(Condition::Kind kind, std::vector<Condition> children) {
  Condition condition;
  condition.kind = kind;
  condition.children = std::move(children);
  return condition;
}
inline Condition False() { return Junction(Condition::Kind::kFalse, {}); }
inline Condition And(std::vector<Condition> children) {
  return Junction(Condition::Kind::kAnd, std::move(children));
}
inline Condition Or(std::vector<Condition> children) {
  return Junction(Condition::Kind::kOr, std::move(children));
}
inline Condition Not(Condition child) {
  return Junction(Condition::Kind::kNot, {std::move(child)});
}

inline Condition MakeTest(Opcode opcode, std::string field, Value constant = Value()) {
  Condition condition;
  condition.kind = Condition::Kind::kTest;
  condition.test.opcode = opcode;
  condition.test.field = std::move(field);
  condition.test.constant = constant;
  return condition;
}
inline Condition Exists(std::string field) { return MakeTest(Opcode::kExists, std::move(field)); }
inline Condition Eq(std::string field, std::string_view text) {
  return MakeTest(Opcode::kEq, std::move(field), Value::String(text));
}
inline Condition Eq(std::string field, Value constant) {
  return MakeTest(Opcode::kEq, std::move(field), constant);
}
inline Condition Gt(std::string field, int64_t number) {
  return MakeTest(Opcode::kGt, std::move(field), Value::Int(number));
}
inline Condition Regex(std::string field, std::string pattern, std::string options = "") {
  Condition condition = MakeTest(Opcode::kRegex, std::move(field));
  condition.test.pattern = std::move(pattern);
  condition.test.pattern_options = std::move(options);
  return condition;
}
inline Condition ElemMatch(std::string field, bool document_form, Condition child) {
  Condition condition = Junction(Condition::Kind::kElemMatch, {std::move(child)});
  condition.test.field = std::move(field);
  condition.document_form = document_form;
  return condition;
}

// Builds one graph.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::string name = "test") {
    graph_.route_name = std::move(name);
    graph_.arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
  }

  // A set or list constant.
  Value Array(std::initializer_list<Value> items) {
    auto* copy = static_cast<Value*>(
        graph_.arena->allocate((items.size() + 1) * sizeof(Value), alignof(Value)));
    std::uninitialized_copy(items.begin(), items.end(), copy);
    return Value::Array(copy, static_cast<uint32_t>(items.size()));
  }
  Value Texts(std::initializer_list<std::string_view> texts) {
    auto* copy = static_cast<Value*>(
        graph_.arena->allocate((texts.size() + 1) * sizeof(Value), alignof(Value)));
    uint32_t count = 0;
    for (std::string_view text : texts) std::construct_at(copy + count++, Value::String(text));
    return Value::Array(copy, count);
  }
  Condition In(std::string field, std::initializer_list<std::string_view> texts) {
    return MakeTest(Opcode::kIn, std::move(field), Texts(texts));
  }
  // A string constant that lives as long as the graph.
  Value Text(const std::string& text) {
    char* copy = static_cast<char*>(graph_.arena->allocate(text.size() + 1, 1));
    std::memcpy(copy, text.data(), text.size());
    return Value::String({copy, text.size()});
  }

  GraphBuilder& Deadline(uint32_t milliseconds) {
    graph_.deadline_ms = milliseconds;
    return *this;
  }
  GraphBuilder& Start(const std::string& id, const std::string& next) {
    return Add(id, StartNode{To(next)});
  }
  GraphBuilder& Branch(const std::string& id, Condition condition, const std::string& on_true,
                       const std::string& on_false) {
    return Add(id, BranchNode{std::move(condition), To(on_true), To(on_false)});
  }
  struct Share {
    std::string label;
    uint32_t share;
    std::string target;
  };
  GraphBuilder& Split(const std::string& id, const std::vector<Share>& shares,
                      const std::string& key = "") {
    SplitNode split;
    for (const Share& one : shares) {
      split.outputs.push_back({one.label, one.share, To(one.target)});
    }
    split.key = key;
    return Add(id, std::move(split));
  }
  GraphBuilder& Limit(const std::string& id, uint64_t limit, std::vector<std::string> keys,
                      const std::string& success, const std::string& fallback = "") {
    LimitNode node;
    node.limit = limit;
    node.window_seconds = 60;
    node.keys = std::move(keys);
    node.on_success = To(success);
    node.on_fallback = To(fallback);
    return Add(id, std::move(node));
  }
  GraphBuilder& Call(const std::string& id, ModelSpec spec, const std::string& success,
                     const std::string& fallback = "") {
    if (spec.provider.empty()) spec.provider = "openai";
    if (spec.model.empty()) spec.model = "gpt-" + id;
    CallNode node;
    node.spec = std::move(spec);
    node.spec.has_fallback = !fallback.empty();
    node.on_success = To(success);
    node.on_fallback = To(fallback);
    return Add(id, std::move(node));
  }
  GraphBuilder& Call(const std::string& id, const std::string& success,
                     const std::string& fallback = "") {
    return Call(id, ModelSpec(), success, fallback);
  }
  GraphBuilder& End(const std::string& id = "end") { return Add(id, EndNode{}); }

  // The graph, whose targets all exist. It starts at the first element.
  FlowGraph Build() {
    for (Node& node : graph_.nodes) {
      ForEachEdge(node, [this](NodeId& target) { target = node_of_name_.at(target); });
    }
    graph_.start = 0;
    return std::move(graph_);
  }

 private:
  // Until Build(), an edge holds the number of its target's name.
  NodeId To(const std::string& id) {
    if (id.empty()) return kNoNode;
    return name_numbers_.try_emplace(id, static_cast<NodeId>(name_numbers_.size())).first->second;
  }

  template <typename Kind>
  GraphBuilder& Add(const std::string& id, Kind kind) {
    node_of_name_[To(id)] = static_cast<NodeId>(graph_.nodes.size());
    const auto element = static_cast<uint32_t>(graph_.elements.size());
    graph_.elements.push_back({id, {}});
    Node& node = graph_.nodes.emplace_back();
    node.element = element;
    node.kind.template emplace<Kind>(std::move(kind));
    return *this;
  }

  FlowGraph graph_;
  std::unordered_map<std::string, NodeId> name_numbers_;
  std::unordered_map<NodeId, NodeId> node_of_name_;
};

}  // namespace junctor::compiler::testing
