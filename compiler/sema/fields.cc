// See fields.h.
#include "compiler/sema/fields.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

constexpr uint32_t kNumberTypes = kTypeInt | kTypeLong | kTypeDouble;
constexpr uint32_t kScalarTypes = kNumberTypes | kTypeString | kTypeBool;

// Keys that bodies of chat requests have: a field that begins with one was meant to begin with
// `body.`.
constexpr std::array<std::string_view, 14> kBodyKeys = {
    "messages", "max_tokens", "max_completion_tokens", "temperature",
    "top_p",    "tools",      "tool_choice",           "stop",
    "n",        "seed",       "response_format",       "reasoning_effort",
    "prompt",   "input"};

// Roots as other systems call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kRootAliases = {{
    {"meta", "metadata"},
    {"header", "headers"},
    {"req", "request"},
    {"payload", "body"},
    {"json", "body"},
    {"params", "body"},
}};

template <typename Names>
bool Has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> Views(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

// What was most likely meant by `text`, which begins with no root.
std::string RepairedField(std::string_view text) {
  const size_t dot = text.find('.');
  const std::string_view head = text.substr(0, dot);
  const std::string rest(dot == std::string_view::npos ? "" : text.substr(dot));
  if (dot != std::string_view::npos) {
    for (const auto& [alias, root] : kRootAliases) {
      if (alias == head) return std::string(root) + rest;
    }
    if (const std::string_view root = ClosestName(head, Views(FieldRootNames())); !root.empty()) {
      return std::string(root) + rest;
    }
  }
  if (Has(kBodyKeys, head)) return "body." + std::string(text);
  if (Has(RequestFactNames(), text)) return "request." + std::string(text);
  return "metadata." + std::string(text);
}

// A header's name is a token (RFC 9110, 5.6.2).
bool IsHeaderCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class FieldChecker {
 public:
  FieldChecker(std::string_view text, Span span, const JsonValue& value, SemaContext* context)
      : text_(text), span_(span), value_(value), context_(*context) {}

  const KnownField* Check() {
    const size_t dot = text_.find('.');
    const std::string_view root = text_.substr(0, dot);
    const std::string_view rest =
        dot == std::string_view::npos ? std::string_view() : text_.substr(dot + 1);
    if (!Has(FieldRootNames(), root) || (dot == std::string_view::npos && root == "request")) {
      return dot == std::string_view::npos && root == "request" ? ReportNothingAfter(root)
                                                                : ReportRoot();
    }
    if (rest.empty()) return ReportNothingAfter(root);
    if (root == "request" && !Has(RequestFactNames(), rest)) return ReportFact(rest);
    if (root == "headers" && !std::all_of(rest.begin(), rest.end(), IsHeaderCharacter)) {
      return Report(DiagCode::kInvalidField, Text({"no header can be called ", Quoted(rest)}),
                    "header names have no spaces, quotes or brackets");
    }
    const absl::StatusOr<Field> field = ParseField(text_);
    if (!field.ok()) {
      return Report(DiagCode::kInvalidField, std::string(field.status().message()),
                    "write a root and a path joined by dots, such as `body.messages.0.role`");
    }
    return Keep(*field);
  }

 private:
  const KnownField* Keep(const Field& field) {
    KnownField known = {std::string(text_), field.root, field.fact};
    if (field.root == FieldRoot::kHeaders) known.text = "headers." + field.segments.front();
    if (context_.fields.size() >= kMaxFields && !context_.fields_exceeded) {
      context_.fields_exceeded = true;
      Report(
          DiagCode::kTooManyFields,
          Text({"the route reads too many different fields (limit is ", Grouped(kMaxFields), ")"}),
          "split the route into several");
    }
    return &context_.fields.emplace(std::string(text_), std::move(known)).first->second;
  }

  const KnownField* Report(DiagCode code, std::string message, std::string help) {
    Diagnostic finding = Finding(code, std::move(message));
    finding.help = std::move(help);
    context_.sink->Report(std::move(finding));
    return nullptr;
  }

  Diagnostic Finding(DiagCode code, std::string message) const {
    Diagnostic finding = FindingAt(code, value_, std::move(message));
    finding.span = span_;
    return finding;
  }

  const KnownField* ReportNothingAfter(std::string_view root) {
    return Report(
        DiagCode::kInvalidField,
        Text({"the field ", Quoted(text_), " names nothing of the request"}),
        root == "request"
            ? Text({"write `request.` and one of ", OneOf(RequestFactNames())})
            : Text({"write ", Quoted(std::string(root) + ".…"), " with a name or a path"}));
  }

  const KnownField* ReportRoot() {
    Diagnostic unknown =
        Finding(DiagCode::kUnknownFieldRoot,
                Text({"the field ", Quoted(text_),
                      " does not begin with `body.`, `headers.`, `metadata.` or `request.`"}));
    Suggest(&unknown, RepairedField(text_));
    context_.sink->Report(std::move(unknown));
    return nullptr;
  }

  const KnownField* ReportFact(std::string_view fact) {
    Diagnostic unknown = Finding(DiagCode::kUnknownRequestFact,
                                 Text({"unknown fact ", Quoted(fact), " of the request"}));
    unknown.help = Text({"the facts are ", Listed(RequestFactNames())});
    const std::string_view inner_root = fact.substr(0, fact.find('.'));
    if (inner_root.size() < fact.size() && Has(FieldRootNames(), inner_root)) {
      Suggest(&unknown, fact);
    } else if (const std::string_view close = ClosestName(fact, Views(RequestFactNames()));
               !close.empty()) {
      Suggest(&unknown, "request." + std::string(close));
    }
    context_.sink->Report(std::move(unknown));
    return nullptr;
  }

  std::string_view text_;
  Span span_;
  const JsonValue& value_;
  SemaContext& context_;
};

}  // namespace

const KnownField* CheckField(std::string_view text, Span span, const JsonValue& value,
                             SemaContext* context) {
  const auto known = context->fields.find(std::string(text));
  if (known != context->fields.end()) return &known->second;
  return FieldChecker(text, span, value, context).Check();
}

std::string ReadKeyField(const JsonValue& value, const std::string& what, SemaContext* context) {
  if (!ExpectKind(value, JsonKind::kString, what, context->sink)) return "";
  const KnownField* field = CheckField(value.text, value.span, value, context);
  return field == nullptr ? "" : field->text;
}

uint32_t TypesOf(const KnownField& field) {
  switch (field.root) {
    case FieldRoot::kBody:
      return kTypeMaskAll;
    case FieldRoot::kHeaders:
      return kTypeString;
    case FieldRoot::kMetadata:
      return kScalarTypes;
    case FieldRoot::kRequest:
      break;
  }
  switch (field.fact) {
    case RequestFact::kMethod:
    case RequestFact::kPath:
    case RequestFact::kModel:
    case RequestFact::kLastUserText:
    case RequestFact::kClientIp:
      return kTypeString;
    case RequestFact::kStream:
    case RequestFact::kHasTools:
    case RequestFact::kHasImages:
      return kTypeBool;
    case RequestFact::kBodyBytes:
    case RequestFact::kMessageCount:
    case RequestFact::kEstimatedInputTokens:
    case RequestFact::kHourUtc:
    case RequestFact::kWeekdayUtc:
      return kTypeInt | kTypeLong;
  }
  return kTypeMaskAll;
}

std::string DescribeTypes(const KnownField& field) {
  switch (TypesOf(field)) {
    case kTypeString:
      return "a string";
    case kTypeBool:
      return "true or false";
    case kTypeInt | kTypeLong:
      return "a whole number";
    default:
      return "a string, a number, true or false";
  }
}

bool RangeOf(const KnownField& field, int64_t* least, int64_t* most) {
  if (field.root != FieldRoot::kRequest || (TypesOf(field) & kTypeInt) == 0) return false;
  *least = field.fact == RequestFact::kWeekdayUtc ? 1 : 0;
  *most = field.fact == RequestFact::kWeekdayUtc ? 7
          : field.fact == RequestFact::kHourUtc  ? 23
                                                 : std::numeric_limits<int64_t>::max();
  return true;
}

}  // namespace junctor::compiler
