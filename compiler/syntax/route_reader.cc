// See route_reader.h.
#include "compiler/syntax/route_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

// The spellings of types (R2), the canonical one of each first.
struct TypeSpelling {
  std::string_view name;
  ElementType type;
};

constexpr std::array kTypes = {
    TypeSpelling{"start", ElementType::kStart},
    TypeSpelling{"conditional", ElementType::kConditional},
    TypeSpelling{"percentage", ElementType::kPercentage},
    TypeSpelling{"rate", ElementType::kRate},
    TypeSpelling{"rate_limit", ElementType::kRate},
    TypeSpelling{"budget_limit", ElementType::kRate},
    TypeSpelling{"model", ElementType::kModel},
    TypeSpelling{"end", ElementType::kEnd},
};

class RouteReader {
 public:
  RouteReader(RouteSyntax* route, DiagnosticSink* sink) : route_(*route), sink_(sink) {}

  void Read() {
    for (const JsonMember& member : route_.document->members()) ReadTopLevel(member);
    const std::string owner = "the route";
    if (!seen_name_) {
      ReportMissingKey(*route_.document, "name", owner, "\"name\": \"my-route\"", sink_);
    }
    if (!seen_elements_) {
      ReportMissingKey(*route_.document, "elements", owner, "\"elements\": […]", sink_);
    }
    if (route_.elements_value != nullptr) ReadElements(*route_.elements_value);
  }

 private:
  template <typename What>
  const JsonValue* String(const JsonValue& value, const What& what) {
    return ExpectKind(value, JsonKind::kString, what, sink_) ? &value : nullptr;
  }

  void ReadTopLevel(const JsonMember& member) {
    static const std::vector<std::string_view> kKeys = {"name", "elements",    "$schema",
                                                        "id",   "description", "deadline"};
    const JsonValue& value = *member.value;
    const std::string what = Text({Quoted(member.key), " of the route"});
    if (member.key == "name") {
      seen_name_ = true;
      route_.name = String(value, what);
    } else if (member.key == "elements") {
      seen_elements_ = true;
      if (ExpectKind(value, JsonKind::kArray, what, sink_)) route_.elements_value = &value;
    } else if (member.key == "id") {
      route_.id = String(value, what);
    } else if (member.key == "description") {
      route_.description = String(value, what);
    } else if (member.key == "deadline") {
      route_.deadline = &value;
    } else if (member.key == "$schema") {
      String(value, what);
    } else {
      ReportUnknownKey(member, "the route", kKeys, sink_);
    }
  }

  void ReadElements(const JsonValue& elements) {
    if (elements.count > kMaxElements) {
      sink_->Report(FindingAt(DiagCode::kTooManyElements, elements,
                              Text({"too many elements (limit is ", Grouped(kMaxElements),
                                    ", this route has ", Grouped(elements.count), ")"}),
                              "split the route into several"));
      route_.elements_value = nullptr;
      return;
    }
    route_.elements.reserve(elements.count);
    for (const JsonValue* item : elements.items()) {
      ElementSyntax element;
      element.value = item;
      auto what = [item] { return Text({"the element at index ", item->index}); };
      if (ExpectKind(*item, JsonKind::kObject, what, sink_)) ReadElement(&element);
      route_.elements.push_back(std::move(element));
    }
  }

  void ReadElement(ElementSyntax* element) {
    // Type and id come first, so that everything else can be named by them, wherever they stand.
    const JsonMember* id = element->value->Find("id");
    const JsonMember* type = element->value->Find("type");
    if (type != nullptr && type->value->is(JsonKind::kString)) {
      element->type_name = type->value;
      element->type = TypeNamed(type->value->text);
    }
    // Of two types neither counts: what would follow from one of them may be wrong.
    if (type != nullptr && IsRepeated(*element->value, "type"))
      element->type = ElementType::kUnknown;
    if (id != nullptr && id->value->is(JsonKind::kString)) element->id = id->value;
    auto owner = [element] { return OwnerName(*element); };
    if (id == nullptr) {
      ReportMissingKey(*element->value, "id", owner(), "\"id\": \"my-element\"", sink_);
    } else {
      ExpectKind(
          *id->value, JsonKind::kString, [&] { return "`id` of " + owner(); }, sink_);
    }
    if (type == nullptr) {
      ReportMissingKey(*element->value, "type", owner(), "\"type\": \"model\"", sink_);
    } else if (ExpectKind(
                   *type->value, JsonKind::kString, [&] { return "`type` of " + owner(); },
                   sink_) &&
               TypeNamed(type->value->text) == ElementType::kUnknown) {
      ReportUnknownType(*type->value, owner());
    }
    ReadMembers(element);
  }

  static bool IsRepeated(const JsonValue& object, std::string_view key) {
    return std::count_if(object.members().begin(), object.members().end(),
                         [key](const JsonMember& member) { return member.key == key; }) > 1;
  }

  static ElementType TypeNamed(std::string_view name) {
    for (const TypeSpelling& spelling : kTypes) {
      if (spelling.name == name) return spelling.type;
    }
    return ElementType::kUnknown;
  }

  static std::string OwnerName(const ElementSyntax& element) {
    return "the " + DescribeElement(element);
  }

  void ReportUnknownType(const JsonValue& type, const std::string& owner) {
    std::vector<std::string_view> names;
    for (const TypeSpelling& spelling : kTypes) names.push_back(spelling.name);
    Diagnostic unknown = FindingAt(DiagCode::kUnknownElementType, type,
                                   Text({"unknown type ", Quoted(type.text), " of ", owner}),
                                   Text({"the types are ", Listed({names.begin(), names.end()})}));
    Suggest(&unknown, ClosestName(type.text, names));
    sink_->Report(std::move(unknown));
  }

  void ReadMembers(ElementSyntax* element) {
    auto owner = [element] { return OwnerName(*element); };
    static const std::vector<std::string_view> kKeys = {"id", "type", "properties", "outputs"};
    for (const JsonMember& member : element->value->members()) {
      if (member.key == "properties") {
        if (ExpectKind(
                *member.value, JsonKind::kObject, [&] { return "`properties` of " + owner(); },
                sink_)) {
          element->properties = member.value;
        } else {
          element->properties_damaged = true;
        }
      } else if (member.key == "outputs") {
        if (ExpectKind(
                *member.value, JsonKind::kObject, [&] { return "`outputs` of " + owner(); },
                sink_)) {
          element->outputs_value = member.value;
          ReadOutputs(element);
        } else {
          element->outputs_damaged = true;
        }
      } else if (member.key != "id" && member.key != "type") {
        ReportMisplacedKey(*element, member, kKeys);
      }
    }
  }

  // A key that belongs into `properties` or `outputs` gets told so.
  void ReportMisplacedKey(const ElementSyntax& element, const JsonMember& member,
                          const std::vector<std::string_view>& known) {
    auto has = [&member](const std::vector<std::string_view>& names) {
      return std::find(names.begin(), names.end(), member.key) != names.end();
    };
    const bool output = has(OutputNamesOf(element.type));
    if (!output && !has(PropertyKeysOf(element.type))) {
      ReportUnknownKey(member, OwnerName(element), known, sink_);
      return;
    }
    sink_->Report(
        FindingAtKey(DiagCode::kUnknownKey, member,
                     Text({"unknown key ", Quoted(member.key), " in ", OwnerName(element)}),
                     Text({"move it into ", output ? "`outputs`" : "`properties`"})));
  }

  void ReadOutputs(ElementSyntax* element) {
    element->outputs.reserve(element->outputs_value->count);
    for (const JsonMember& member : element->outputs_value->members()) {
      OutputSyntax output;
      output.name = member.key;
      output.name_span = member.key_span;
      output.value = member.value;
      output.target = ReadTarget(member, *element);
      element->outputs.push_back(output);
    }
  }

  const JsonValue* ReadTarget(const JsonMember& output, const ElementSyntax& element) {
    const JsonValue& value = *output.value;
    auto what = [&] {
      return Text({"the output ", Quoted(output.key), " of ", OwnerName(element)});
    };
    if (value.is(JsonKind::kString)) {
      const std::string object = "{\"elementId\": \"" + std::string(value.text) + "\"}";
      Diagnostic wrong =
          FindingAt(DiagCode::kWrongType, value,
                    Text({what(), " must be an object, found ", DescribeJson(value)}),
                    Text({"write ", Quoted(object)}));
      wrong.label = "expected an object";
      wrong.fix = Fix{value.span, object, true};
      sink_->Report(std::move(wrong));
      return &value;
    }
    if (!ExpectKind(value, JsonKind::kObject, what, sink_)) return nullptr;
    static const std::vector<std::string_view> kKeys = {"elementId"};
    const JsonValue* target = nullptr;
    bool seen = false;
    for (const JsonMember& member : value.members()) {
      if (member.key == "elementId") {
        seen = true;
        target = String(*member.value, [&] { return "`elementId` of " + what(); });
      } else {
        // A single other key is the elementId that was meant: one finding, not two.
        if (value.count == 1) seen = true;
        ReportUnknownKey(member, what(), kKeys, sink_);
      }
    }
    if (!seen) ReportMissingKey(value, "elementId", what(), "\"elementId\": \"…\"", sink_);
    return target;
  }

  RouteSyntax& route_;
  DiagnosticSink* sink_;
  bool seen_name_ = false;
  bool seen_elements_ = false;
};

}  // namespace

std::unique_ptr<RouteSyntax> ReadRoute(std::unique_ptr<JsonTree> tree, DiagnosticSink* sink) {
  const JsonValue& root = *tree->root;
  if (!root.is(JsonKind::kObject)) {
    if (!root.is(JsonKind::kInvalid)) {
      sink->Report(FindingAt(DiagCode::kDocumentNotObject, root,
                             Text({"a route must be an object, found ", DescribeJson(root)}),
                             "write `{\"name\": …, \"elements\": […]}`"));
    }
    return nullptr;
  }
  auto route = std::make_unique<RouteSyntax>();
  route->json = std::move(tree);
  route->document = &root;
  RouteReader(route.get(), sink).Read();
  return route;
}

}  // namespace junctor::compiler
