// Both versions are read into their outlines (the compiler's syntax tree), brought into canonical
// spelling, and compared by id.
#include "engine/control/route_diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "compiler/compile.h"
#include "compiler/diag/sink.h"
#include "compiler/source/source.h"
#include "compiler/syntax/compact_json.h"
#include "compiler/syntax/parser.h"
#include "engine/control/route_text.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

using compiler::ElementSyntax;
using compiler::JsonKind;
using compiler::JsonMember;

// What versions are called while they are compared: names don't count.
constexpr std::string_view kAnyName = "route";

// One element in canonical spelling.
struct Element {
  std::string json;
  std::map<std::string, std::string> properties;             // by name, compact JSON
  std::vector<std::pair<std::string, std::string>> outputs;  // name and target, in order
};

// One version, by id, and the ids in the order of the text.
struct Outline {
  std::map<std::string, Element> elements;
  std::vector<std::string> order;
};

// The canonical name of a property (R2).
std::string_view CanonicalProperty(compiler::ElementType type, std::string_view name) {
  if (type == compiler::ElementType::kConditional && name == "condition") return "conditions";
  if (type == compiler::ElementType::kRate && name == "interval") return "window";
  return name;
}

std::string JsonText(std::string_view text) {
  std::string json;
  AppendJsonString(&json, text);
  return json;
}

Element ReadElement(const ElementSyntax& syntax, const compiler::Source& source) {
  Element element;
  element.json = compiler::CompactJson(*syntax.value, source);
  for (const JsonMember& member : syntax.value->members()) {
    if (member.key == "id" || member.key == "outputs") continue;
    if (member.key == "type") {
      element.properties["type"] = JsonText(compiler::ElementTypeName(syntax.type));
    } else if (member.key == "properties" && member.value->is(JsonKind::kObject)) {
      for (const JsonMember& property : member.value->members()) {
        element.properties[std::string(CanonicalProperty(syntax.type, property.key))] =
            compiler::CompactJson(*property.value, source);
      }
    } else {
      element.properties[std::string(member.key)] = compiler::CompactJson(*member.value, source);
    }
  }
  if (syntax.type_name != nullptr && syntax.type_name->text == "budget_limit") {
    element.properties.emplace("limitType", "\"cost\"");
  }
  for (const compiler::OutputSyntax& output : syntax.outputs) {
    if (output.target == nullptr) continue;
    element.outputs.emplace_back(output.name, output.target->text);
  }
  return element;
}

Outline ReadOutline(const VersionSource& version) {
  const compiler::Source source(std::string(kAnyName), RouteText(kAnyName, version));
  compiler::DiagnosticSink sink(source);
  const std::unique_ptr<compiler::RouteSyntax> route =
      compiler::ParseRoute(source, {.allow_comments = true}, &sink);
  Outline outline;
  if (route == nullptr) return outline;
  for (const ElementSyntax& syntax : route->elements) {
    if (syntax.id == nullptr) continue;
    std::string id(syntax.id->text);
    if (outline.elements.try_emplace(id, ReadElement(syntax, source)).second) {
      outline.order.push_back(std::move(id));
    }
  }
  return outline;
}

void CompareProperties(const std::string& id, const Element& before, const Element& after,
                       RouteDiff* diff) {
  std::set<std::string> names;
  for (const auto& [name, value] : before.properties) names.insert(name);
  for (const auto& [name, value] : after.properties) names.insert(name);
  ElementChange change;
  change.id = id;
  const auto value_of = [](const Element& element, const std::string& name) {
    const auto value = element.properties.find(name);
    return value == element.properties.end() ? std::string() : value->second;
  };
  for (const std::string& name : names) {
    PropertyChange property{name, value_of(before, name), value_of(after, name)};
    if (property.before != property.after) change.properties.push_back(std::move(property));
  }
  if (!change.properties.empty()) diff->changed.push_back(std::move(change));
}

void CompareOutputs(const std::string& id, const Element& before, const Element& after,
                    RouteDiff* diff) {
  const auto target_of = [](const Element& element, const std::string& name) {
    const auto output = std::find_if(element.outputs.begin(), element.outputs.end(),
                                     [&name](const auto& one) { return one.first == name; });
    return output == element.outputs.end() ? std::string() : output->second;
  };
  for (const auto& [name, target] : before.outputs) {
    const std::string now = target_of(after, name);
    if (now != target) diff->rewired.push_back({id, name, target, now});
  }
  for (const auto& [name, target] : after.outputs) {
    if (target_of(before, name).empty()) diff->rewired.push_back({id, name, "", target});
  }
}

std::optional<ProgramBounds> BoundsOf(const VersionSource& version) {
  compiler::CompileOptions options;
  options.optimise = false;  // bounds are those of the checked graph
  const compiler::CompileResult compiled = CompileElements(kAnyName, version, options);
  if (!compiled.ok()) return std::nullopt;
  return compiled.program->bounds();
}

std::string Seconds(uint64_t milliseconds) {
  std::string text;
  AppendJsonMilliseconds(&text, static_cast<double>(milliseconds) / 1000);
  return text + " s";
}

void Say(std::string_view what, uint64_t before, uint64_t after, std::vector<std::string>* out) {
  if (before == after) return;
  out->push_back(std::string(what) + " " + std::to_string(before) + " → " + std::to_string(after));
}

std::string Counted(size_t count, std::string_view noun, std::string_view verb) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? " " : "s ") +
         std::string(verb);
}

void Summarise(RouteDiff* diff) {
  std::vector<std::string>* out = &diff->summary;
  if (!diff->added.empty()) out->push_back(Counted(diff->added.size(), "element", "added"));
  if (!diff->removed.empty()) out->push_back(Counted(diff->removed.size(), "element", "removed"));
  if (!diff->changed.empty()) out->push_back(Counted(diff->changed.size(), "element", "changed"));
  if (!diff->rewired.empty()) out->push_back(Counted(diff->rewired.size(), "output", "rewired"));
  if (diff->deadline_before != diff->deadline_after) {
    const auto say = [](const std::string& text) { return text.empty() ? "none" : text + " ms"; };
    out->push_back("deadline " + say(diff->deadline_before) + " → " + say(diff->deadline_after));
  }
  if (diff->bounds_before.has_value() && diff->bounds_after.has_value()) {
    const ProgramBounds& before = *diff->bounds_before;
    const ProgramBounds& after = *diff->bounds_after;
    Say("worst case calls", before.max_calls, after.max_calls, out);
    Say("longest path", before.longest_path, after.longest_path, out);
    if (before.worst_first_byte_ms != after.worst_first_byte_ms) {
      out->push_back("worst wait for the first byte " + Seconds(before.worst_first_byte_ms) +
                     " → " + Seconds(after.worst_first_byte_ms));
    }
  } else {
    out->push_back(diff->bounds_after.has_value()
                       ? "the earlier version does not compile any more: nothing is known of its "
                         "worst case"
                       : "the later version does not compile any more: nothing is known of its "
                         "worst case");
  }
  if (out->empty()) out->push_back("no difference");
}

}  // namespace

RouteDiff DiffRoutes(const VersionSource& before, const VersionSource& after) {
  const Outline old_outline = ReadOutline(before);
  const Outline new_outline = ReadOutline(after);
  RouteDiff diff;
  for (const std::string& id : old_outline.order) {
    const Element& element = old_outline.elements.at(id);
    const auto now = new_outline.elements.find(id);
    if (now == new_outline.elements.end()) {
      diff.removed.push_back(element.json);
      continue;
    }
    CompareProperties(id, element, now->second, &diff);
    CompareOutputs(id, element, now->second, &diff);
  }
  for (const std::string& id : new_outline.order) {
    if (!old_outline.elements.contains(id)) {
      diff.added.push_back(new_outline.elements.at(id).json);
    }
  }
  diff.deadline_before = before.deadline;
  diff.deadline_after = after.deadline;
  diff.bounds_before = BoundsOf(before);
  diff.bounds_after = BoundsOf(after);
  Summarise(&diff);
  return diff;
}

}  // namespace junctor::engine
