// Model elements (R19). See elements.h.
#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/model_failover.h"
#include "compiler/sema/outputs.h"
#include "compiler/sema/properties.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/compact_json.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"
#include "runtime/program/program_limits.h"

namespace junctor::compiler {
namespace {

// Providers that an operator defines; which ones there are is known to the gateway only.
constexpr std::string_view kCustomPrefix = "custom-";

const std::vector<std::string_view>& ErrorClassNames() {
  static const auto* const names = new std::vector<std::string_view>{
#define JUNCTOR_ERROR_CLASS(id, name, retried, meaning) name,
#include "runtime/program/error_classes.def"
#undef JUNCTOR_ERROR_CLASS
  };
  return *names;
}

// Levels of arrays and objects in `value`, itself included.
size_t DepthOf(const JsonValue& value) {
  std::vector<std::pair<const JsonValue*, size_t>> open = {{&value, 1}};
  size_t deepest = 0;
  while (!open.empty()) {
    const auto [at, depth] = open.back();
    open.pop_back();
    if (!at->is(JsonKind::kArray) && !at->is(JsonKind::kObject)) continue;
    deepest = std::max(deepest, depth);
    if (at->is(JsonKind::kArray)) {
      for (const JsonValue* item : at->items()) open.emplace_back(item, depth + 1);
    } else {
      for (const JsonMember& member : at->members()) open.emplace_back(member.value, depth + 1);
    }
  }
  return deepest;
}

class ModelChecker {
 public:
  ModelChecker(uint32_t index, SemaContext* context)
      : index_(index),
        context_(*context),
        element_(context->route.elements[index]),
        properties_(element_, context) {}

  CallNode Check() {
    Outputs outputs(index_, &context_);
    node_.on_success = outputs.Required("success");
    node_.on_fallback = outputs.Optional("fallback");
    ModelSpec& spec = node_.spec;
    spec.has_fallback = outputs.Has("fallback");
    ReadProviderAndModel();
    ReadTimes();
    spec.retry_on = ReadClasses("retryOn").value_or(DefaultRetryOn(spec.has_fallback));
    spec.fallback_on = ReadClasses("fallbackOn").value_or(DefaultFallbackOn());
    const std::vector<std::string_view> policies = {"error", "continue", "hold"};
    spec.on_stream_failure = static_cast<StreamFailurePolicy>(
        properties_.Choice("onStreamFailure", policies).value_or(0));
    spec.byok_alias = properties_.Name("byokAlias", kMaxModelNameLength).value_or("");
    ReadFailover(properties_, outputs, &context_, &spec);
    ReadParams();
    WarnOfUnused();
    WarnOfDeadline();
    return std::move(node_);
  }

 private:
  std::string What(std::string_view key) const {
    return Text({Quoted(key), " of ", properties_.owner()});
  }

  void ReadProviderAndModel() {
    if (properties_.Find("provider") == nullptr)
      properties_.ReportMissing("provider", "\"provider\": \"openai\"");
    if (properties_.Find("model") == nullptr && element_.properties != nullptr) {
      properties_.ReportMissing("model", "\"model\": \"gpt-4o-mini\"");
    }
    node_.spec.provider = properties_.Name("provider", kMaxModelNameLength).value_or("");
    node_.spec.model = properties_.Name("model", kMaxModelNameLength).value_or("");
    WarnOfUnknownProvider();
  }

  void WarnOfUnknownProvider() {
    const std::vector<std::string>& known = context_.options.known_providers;
    const std::string& provider = node_.spec.provider;
    if (known.empty() || provider.empty() || provider.starts_with(kCustomPrefix)) return;
    if (std::find(known.begin(), known.end(), provider) != known.end()) return;
    Diagnostic unknown =
        FindingAt(DiagCode::kUnknownProvider, *properties_.Find("provider"),
                  Text({"unknown provider ", Quoted(provider), " of ", properties_.owner()}),
                  "add it to `providers` in the configuration");
    Suggest(&unknown,
            ClosestName(provider, std::vector<std::string_view>(known.begin(), known.end())));
    context_.sink->Report(std::move(unknown));
  }

  void ReadTimes() {
    ModelSpec& spec = node_.spec;
    auto read = [this](std::string_view key, uint64_t least, uint64_t most, auto* value) {
      using Number = std::remove_pointer_t<decltype(value)>;
      *value = static_cast<Number>(properties_.Integer(key, least, most).value_or(*value));
    };
    read("timeout", 1, kMaxTimeoutMs, &spec.timeout_ms);
    read("stallTimeout", 1, kMaxTimeoutMs, &spec.stall_timeout_ms);
    read("retries", 0, kMaxRetries, &spec.retries);
    read("retryDelay", 0, kMaxRetryDelayMs, &spec.retry_delay_ms);
    const std::vector<std::string_view> backoffs = {"constant", "linear", "exponential"};
    if (const std::optional<size_t> backoff = properties_.Choice("backoff", backoffs);
        backoff.has_value()) {
      spec.backoff = static_cast<Backoff>(*backoff);
    }
  }

  std::optional<ErrorClassSet> ReadClasses(std::string_view key) {
    const JsonValue* list = properties_.Find(key);
    if (list == nullptr || !ExpectKind(*list, JsonKind::kArray, What(key), context_.sink))
      return std::nullopt;
    ErrorClassSet classes = 0;
    for (const JsonValue* item : list->items()) {
      if (!ExpectKind(*item, JsonKind::kString, Text({"an error class in ", What(key)}),
                      context_.sink))
        continue;
      const std::optional<ErrorClass> error = ParseErrorClass(item->text);
      if (!error.has_value()) {
        ReportUnknownClass(key, *item);
        continue;
      }
      if (Contains(classes, *error)) {
        context_.sink->Report(FindingAt(DiagCode::kDuplicateEntry, *item,
                                        Text({Quoted(item->text), " stands twice in ", What(key)}),
                                        "remove one"));
      }
      classes = static_cast<ErrorClassSet>(classes | Only(*error));
    }
    return classes;
  }

  void ReportUnknownClass(std::string_view key, const JsonValue& item) {
    const std::vector<std::string_view>& names = ErrorClassNames();
    Diagnostic unknown = FindingAt(
        DiagCode::kUnknownValue, item,
        Text({"unknown error class ", Quoted(item.text), " in ", What(key)}),
        Text({"the classes are ", Listed(std::vector<std::string>(names.begin(), names.end()))}));
    Suggest(&unknown, ClosestName(item.text, names));
    context_.sink->Report(std::move(unknown));
  }

  void ReadParams() {
    const JsonValue* params = properties_.Find("params");
    if (params == nullptr || !ExpectKind(*params, JsonKind::kObject, What("params"), context_.sink))
      return;
    for (const JsonMember& member : params->members()) {
      if (member.key == "model") {
        context_.sink->Report(FindingAtKey(DiagCode::kReservedParam, member,
                                           Text({"`model` can't be set in ", What("params")}),
                                           "write it as the element's own `model`"));
      } else if (member.key == "stream") {
        context_.sink->Report(FindingAtKey(
            DiagCode::kReservedParam, member, Text({"`stream` can't be set in ", What("params")}),
            "remove it; the caller decides whether the answer is streamed"));
      } else if (member.key == "messages") {
        context_.sink->Report(
            FindingAtKey(DiagCode::kParamsReplaceMessages, member,
                         Text({What("params"), " replaces the messages of every caller"}),
                         "remove it unless that is meant"));
      }
    }
    if (const size_t depth = DepthOf(*params); depth > kMaxParamsNesting) {
      context_.sink->Report(
          FindingAt(DiagCode::kNestingTooDeep, *params,
                    Text({What("params"), " is nested too deep (limit is ", kMaxParamsNesting,
                          " levels, this one has ", depth, ")"}),
                    "flatten it"));
      return;
    }
    // The text is only good where there are no errors, and only then is it used.
    if (params->count > 0 && context_.sink->error_count() == 0) {
      node_.spec.params = CompactJson(*params, context_.source);
    }
  }

  void WarnOfUnused() {
    if (node_.spec.retries == 0 && element_.properties != nullptr) {
      // `retries` may be damaged or misspelt; then it is not known to be 0.
      const JsonValue* retries = properties_.Find("retries");
      const bool surely_none =
          (retries == nullptr && !properties_.has_unknown()) ||
          (retries != nullptr && retries->is(JsonKind::kNumber) && retries->text == "0");
      for (const std::string_view key : {"retryDelay", "backoff", "retryOn"}) {
        const JsonMember* member = element_.properties->Find(key);
        if (member == nullptr || !surely_none) continue;
        if (member->value->is(JsonKind::kArray) && member->value->count == 0) continue;
        context_.sink->Report(FindingAtKey(DiagCode::kRetryPropertyUnused, *member,
                                           Text({What(key), " has no effect: `retries` is 0"}),
                                           "add e.g. `\"retries\": 2`, or remove it"));
      }
    }
    if (node_.spec.has_fallback || element_.properties == nullptr) return;
    const JsonMember* fallback_on = element_.properties->Find("fallbackOn");
    if (fallback_on == nullptr) return;
    context_.sink->Report(FindingAtKey(
        DiagCode::kFallbackOnUnused, *fallback_on,
        Text({What("fallbackOn"), " has no effect: the element has no `fallback` output"}),
        "add the output, or remove it"));
  }

  // An attempt that may outlast the deadline leaves nothing to those after it.
  void WarnOfDeadline() {
    const uint32_t deadline = context_.graph->deadline_ms;
    const ModelSpec& spec = node_.spec;
    if (deadline == 0 || spec.timeout_ms < deadline || (spec.retries == 0 && !spec.has_fallback))
      return;
    const JsonValue* timeout = properties_.Find("timeout");
    if (timeout != nullptr && !timeout->is(JsonKind::kNumber)) return;
    if (element_.properties == nullptr) return;
    const JsonValue& where = timeout != nullptr ? *timeout : *element_.properties;
    const char* later = spec.has_fallback ? "the fallback" : "a retry";
    context_.sink->Report(
        FindingAt(DiagCode::kTimeoutBeyondDeadline, where,
                  Text({"one attempt of ", properties_.owner(), " may take ",
                        Grouped(spec.timeout_ms), " ms, and the route's deadline is ",
                        Grouped(deadline), " ms: ", later, " gets no time after a timeout"}),
                  Text({"set `timeout` well below ", deadline})));
  }

  const uint32_t index_;
  SemaContext& context_;
  const ElementSyntax& element_;
  const Properties properties_;
  CallNode node_;
};

}  // namespace

CallNode CheckModel(uint32_t index, SemaContext* context) {
  return ModelChecker(index, context).Check();
}

}  // namespace junctor::compiler
