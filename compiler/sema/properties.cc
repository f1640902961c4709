// See properties.h.
#include "compiler/sema/properties.h"

#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/decimal.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

bool IsUsableName(std::string_view name) {
  if (name.empty() || name.front() == ' ' || name.back() == ' ') return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::optional<uint64_t> ReadInteger(const JsonValue& value, const std::string& what, uint64_t least,
                                    uint64_t most, DiagnosticSink* sink) {
  if (!ExpectKind(value, JsonKind::kNumber, what, sink)) return std::nullopt;
  const ScaledDecimal number = ScaleDecimal(value.text, 0);
  if (number.fit == DecimalFit::kTooPrecise) {
    sink->Report(FindingAt(DiagCode::kNotWhole, value,
                           Text({what, " must be a whole number, found ", Quoted(value.text)}),
                           "write it without decimals"));
    return std::nullopt;
  }
  if (number.fit != DecimalFit::kExact || number.value < least || number.value > most) {
    const bool below = number.fit == DecimalFit::kNegative ||
                       (number.fit == DecimalFit::kExact && number.value < least);
    Diagnostic range =
        FindingAt(DiagCode::kOutOfRange, value,
                  Text({what, " must be from ", Grouped(least), " to ", Grouped(most), ", found ",
                        Quoted(value.text)}),
                  Text({"the ", below ? "least" : "most", " is ", below ? least : most}));
    sink->Report(std::move(range));
    return std::nullopt;
  }
  return number.value;
}

Properties::Properties(const ElementSyntax& element, SemaContext* context)
    : element_(element), context_(context), owner_(OwnerName(element)) {
  if (element.properties == nullptr) return;
  const std::vector<std::string_view>& keys = PropertyKeysOf(element.type);
  for (const JsonMember& member : element.properties->members()) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    has_unknown_ = has_unknown_ || !ClosestName(member.key, keys).empty();
    ReportUnknownKey(member, "the properties of " + owner_, keys, context->sink);
  }
}

const JsonValue* Properties::Find(std::string_view key) const {
  if (element_.properties == nullptr) return nullptr;
  const JsonMember* member = element_.properties->Find(key);
  return member == nullptr ? nullptr : member->value;
}

const JsonValue* Properties::FindEither(std::string_view key, std::string_view other) const {
  const JsonValue* first = Find(key);
  const JsonValue* second = Find(other);
  if (first == nullptr || second == nullptr) return first != nullptr ? first : second;
  const JsonMember& extra = element_.properties->members()[std::max(first->index, second->index)];
  const JsonMember& kept = element_.properties->members()[std::min(first->index, second->index)];
  Diagnostic both = FindingAtKey(DiagCode::kBothSpellings, extra,
                                 Text({Quoted(key), " and ", Quoted(other), " of ", owner_,
                                       " are two spellings of one property"}),
                                 Text({"keep ", Quoted(key)}));
  both.related.push_back({kept.key_span, "the other one"});
  context_->sink->Report(std::move(both));
  return first;
}

void Properties::ReportMissing(std::string_view key, std::string_view example) const {
  if (element_.properties_damaged) return;
  if (element_.properties != nullptr) {
    ReportMissingKey(*element_.properties, key, "the properties of " + owner_, example,
                     context_->sink);
  } else {
    ReportMissingKey(*element_.value, "properties", owner_,
                     "\"properties\": {" + std::string(example) + ", …}", context_->sink);
  }
}

std::optional<uint64_t> Properties::Integer(std::string_view key, uint64_t least,
                                            uint64_t most) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  return ReadInteger(*value, Text({Quoted(key), " of ", owner_}), least, most, context_->sink);
}

std::optional<bool> Properties::Bool(std::string_view key) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  if (!ExpectKind(*value, JsonKind::kBool, Text({Quoted(key), " of ", owner_}), context_->sink)) {
    return std::nullopt;
  }
  return value->boolean;
}

std::optional<std::string> Properties::Name(std::string_view key, size_t most_bytes) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  const std::string what = Text({Quoted(key), " of ", owner_});
  if (!ExpectKind(*value, JsonKind::kString, what, context_->sink)) return std::nullopt;
  if (value->text.size() > most_bytes) {
    context_->sink->Report(
        FindingAt(DiagCode::kOutOfRange, *value,
                  Text({what, " is too long (limit is ", Grouped(most_bytes),
                        " bytes, this one has ", Grouped(value->text.size()), ")"}),
                  "shorten it"));
    return std::nullopt;
  }
  if (!IsUsableName(value->text)) {
    context_->sink->Report(FindingAt(
        DiagCode::kEmptyString, *value,
        value->text.empty() ? Text({what, " is empty"})
                            : Text({what, " has white space at an end, or control characters: ",
                                    Quoted(value->text)}),
        value->text.empty() ? "write a name" : "remove them"));
    return std::nullopt;
  }
  return std::string(value->text);
}

std::optional<size_t> Properties::Choice(std::string_view key,
                                         const std::vector<std::string_view>& words) const {
  const JsonValue* value = Find(key);
  if (value == nullptr) return std::nullopt;
  const std::string what = Text({Quoted(key), " of ", owner_});
  if (!ExpectKind(*value, JsonKind::kString, what, context_->sink)) return std::nullopt;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == value->text) return i;
  }
  const std::string all = OneOf(std::vector<std::string>(words.begin(), words.end()));
  Diagnostic unknown = FindingAt(DiagCode::kUnknownValue, *value,
                                 Text({what, " must be ", all, ", found ", DescribeJson(*value)}),
                                 Text({"write ", all}));
  Suggest(&unknown, ClosestName(value->text, words));
  context_->sink->Report(std::move(unknown));
  return std::nullopt;
}

}  // namespace junctor::compiler
