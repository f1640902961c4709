#include "tests/oracle/condition.h"

#include <re2/re2.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>

namespace junctor::oracle {
namespace {

using Segments = std::vector<std::string>;
// The values that an operator looks at: with the elements of a final array, or without.
using Values = std::function<std::vector<const Json*>(bool enter_leaf)>;

[[noreturn]] void Unknown(std::string_view what) {
  std::cerr << "the oracle does not know " << what << "\n";
  std::abort();
}

Segments SplitDots(std::string_view path) {
  Segments segments;
  size_t begin = 0;
  while (true) {
    const size_t dot = path.find('.', begin);
    segments.emplace_back(path.substr(begin, dot - begin));
    if (dot == std::string_view::npos) return segments;
    begin = dot + 1;
  }
}

// --- paths
// -----------------------------------------------------------------------------------------------------------------------

void WalkArray(const Json& array, const Segments& segments, size_t at, bool enter_leaf,
               std::vector<const Json*>* out);

// `value` is reached; segments[at…] are still to go.
void WalkValue(const Json& value, const Segments& segments, size_t at, bool enter_leaf,
               std::vector<const Json*>* out) {
  if (at == segments.size()) {
    if (value.IsArray() && enter_leaf) {
      for (const Json& item : value.GetArray()) out->push_back(&item);
    }
    out->push_back(&value);
  } else if (value.IsObject()) {
    const Json* next = Member(value, segments[at]);
    if (next == nullptr) {
      out->push_back(nullptr);
    } else {
      WalkValue(*next, segments, at + 1, enter_leaf, out);
    }
  } else if (value.IsArray()) {
    WalkArray(value, segments, at, enter_leaf, out);
  } else {
    out->push_back(nullptr);
  }
}

// segments[at] is to be found in the elements of `array` or to be the index of one. Elements that
// are arrays are not entered, unless by their index; scalars yield nothing, unless they are the end
// of the path.
void WalkArray(const Json& array, const Segments& segments, size_t at, bool enter_leaf,
               std::vector<const Json*>* out) {
  for (rapidjson::SizeType i = 0; i < array.Size(); ++i) {
    const Json& element = array[i];
    if (element.IsObject()) WalkValue(element, segments, at, enter_leaf, out);
    if (segments[at] != std::to_string(i)) continue;
    if (at + 1 == segments.size()) {
      out->push_back(&element);
    } else if (element.IsObject()) {
      WalkValue(element, segments, at + 1, enter_leaf, out);
    } else if (element.IsArray()) {
      WalkArray(element, segments, at + 1, enter_leaf, out);
    }
  }
}

// --- one value against one operand
// -----------------------------------------------------------------------------------------------

bool IsNullOrMissing(const Json* value) { return value == nullptr || value->IsNull(); }

bool EqualsOperand(const Json* value, const Json& operand) {
  if (operand.IsNull()) return IsNullOrMissing(value);
  return value != nullptr && Compare(*value, operand) == 0;
}

bool IsOrdered(const Json* value, std::string_view op, const Json& operand) {
  if (operand.IsNull()) return (op == "$gte" || op == "$lte") && IsNullOrMissing(value);
  if (value == nullptr || TypeRank(*value) != TypeRank(operand)) return false;
  const int order = Compare(*value, operand);
  if (op == "$gt") return order > 0;
  if (op == "$gte") return order >= 0;
  if (op == "$lt") return order < 0;
  return order <= 0;
}

bool IsWholeWithin(long double number, long double low, long double high) {
  return std::trunc(number) == number && number >= low && number <= high;
}

bool HasType(const Json* value, const Json& type) {
  if (value == nullptr) return false;
  const std::string name =
      type.IsString() ? std::string(Text(type)) : std::to_string(static_cast<int>(NumberOf(type)));
  bool is_int = false, is_long = false, is_double = false;
  if (value->IsNumber()) {
    const long double number = NumberOf(*value);
    if (IsWholeWithin(number, -2147483648.0L, 2147483647.0L)) {
      is_int = true;
    } else if (IsWholeWithin(number, -9223372036854775808.0L, 9223372036854775807.0L)) {
      is_long = true;
    } else {
      is_double = true;
    }
  }
  if (name == "double" || name == "1") return is_double;
  if (name == "string" || name == "2") return value->IsString();
  if (name == "object" || name == "3") return value->IsObject();
  if (name == "array" || name == "4") return value->IsArray();
  if (name == "bool" || name == "8") return value->IsBool();
  if (name == "null" || name == "10") return value->IsNull();
  if (name == "int" || name == "16") return is_int;
  if (name == "long" || name == "18") return is_long;
  if (name == "number") return value->IsNumber();
  Unknown("the type " + name);
}

bool HasRemainder(const Json* value, const Json& operand) {
  if (value == nullptr || !value->IsNumber()) return false;
  const long double number = std::trunc(NumberOf(*value));
  if (!IsWholeWithin(number, -9223372036854775808.0L, 9223372036854775807.0L)) return false;
  const long double divisor = std::trunc(NumberOf(operand[0]));
  const long double remainder = std::trunc(NumberOf(operand[1]));
  return std::fmod(number, divisor) == remainder;  // exact, and signed as the dividend
}

// Resolves the option `x`: white space and comments outside of classes and escapes are no part of
// the pattern.
std::string WithoutLayout(std::string_view pattern) {
  std::string plain;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      plain += c;
      plain += pattern[++i];
    } else if (in_class) {
      plain += c;
      if (c == ']') in_class = false;
    } else if (c == '[') {
      in_class = true;
      plain += c;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') plain += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') plain += pattern[++i];
    } else if (c == '#') {
      while (i + 1 < pattern.size() && pattern[i + 1] != '\n') ++i;
    } else if (std::string_view(" \t\n\v\f\r").find(c) == std::string_view::npos) {
      plain += c;
    }
  }
  return plain;
}

bool FindsPattern(const Json* value, const Json& pattern, const Json* options) {
  if (value == nullptr || !value->IsString()) return false;
  std::string text(Text(pattern));
  std::string flags;
  for (const char c : options == nullptr ? std::string_view() : Text(*options)) {
    if (c == 'x') {
      text = WithoutLayout(text);
    } else {
      flags += c;
    }
  }
  const std::string whole = flags.empty() ? text : "(?" + flags + ")" + text;
  RE2::Options quiet;
  quiet.set_log_errors(false);
  const RE2 expression(whole, quiet);
  if (!expression.ok()) Unknown("the pattern " + whole);
  return RE2::PartialMatch(re2::StringPiece(value->GetString(), value->GetStringLength()),
                           expression);
}

// $startsWith, $endsWith, $contains (R30), by way of a pattern: letter case as patterns fold it.
bool HasPart(const Json* value, std::string_view op, const Json& operand, bool any_case) {
  if (operand.IsArray()) {
    for (const Json& text : operand.GetArray()) {
      if (HasPart(value, op, text, any_case)) return true;
    }
    return false;
  }
  if (value == nullptr || !value->IsString()) return false;
  std::string pattern =
      RE2::QuoteMeta(re2::StringPiece(operand.GetString(), operand.GetStringLength()));
  if (op == "$startsWith") pattern = "\\A(?:" + pattern + ")";
  if (op == "$endsWith") pattern = "(?:" + pattern + ")\\z";
  RE2::Options options;
  options.set_case_sensitive(!any_case);
  const RE2 expression(pattern, options);
  return RE2::PartialMatch(re2::StringPiece(value->GetString(), value->GetStringLength()),
                           expression);
}

// --- operators over the values of a field
// ----------------------------------------------------------------------------------------

bool FieldMatches(const Json& predicate, const Values& values);
bool DocumentMatches(const Json& condition, const Json& document, bool rooted);

template <typename Test>
bool Any(const std::vector<const Json*>& values, Test test) {
  for (const Json* value : values) {
    if (test(value)) return true;
  }
  return false;
}

bool IsOperatorDocument(const Json& value) {
  return value.IsObject() && value.MemberCount() > 0 &&
         Text(value.MemberBegin()->name).starts_with("$");
}

bool IsLogical(std::string_view key) { return key == "$and" || key == "$or" || key == "$nor"; }

// An array's element as a document: an array is one with the keys "0", "1", ….
bool ElementMatches(const Json& element, const Json& condition) {
  if (element.IsObject()) return DocumentMatches(condition, element, false);
  rapidjson::Document indexed(rapidjson::kObjectType);
  for (rapidjson::SizeType i = 0; i < element.Size(); ++i) {
    Json key(std::to_string(i).c_str(), indexed.GetAllocator());
    Json copy(element[i], indexed.GetAllocator());
    indexed.AddMember(key, copy, indexed.GetAllocator());
  }
  return DocumentMatches(condition, indexed, false);
}

bool HasMatchingElement(const Json* value, const Json& operand) {
  if (value == nullptr || !value->IsArray()) return false;
  const bool by_value =
      IsOperatorDocument(operand) && !IsLogical(Text(operand.MemberBegin()->name));
  for (const Json& element : value->GetArray()) {
    if (by_value) {
      const Values only_it = [&element](bool) { return std::vector<const Json*>{&element}; };
      if (FieldMatches(operand, only_it)) return true;
    } else if (element.IsObject() || element.IsArray()) {
      if (ElementMatches(element, operand)) return true;
    }
  }
  return false;
}

bool ContainsAll(const Json& operand, const Values& values) {
  if (operand.Empty()) return false;
  for (const Json& item : operand.GetArray()) {
    const bool found =
        IsOperatorDocument(item)
            ? FieldMatches(item, values)
            : Any(values(true), [&](const Json* value) { return EqualsOperand(value, item); });
    if (!found) return false;
  }
  return true;
}

// One operator of `predicate`; the others stand beside it, for $options and $caseInsensitive.
bool OperatorMatches(std::string_view op, const Json& operand, const Json& predicate,
                     const Values& values) {
  if (op == "$eq") {
    return Any(values(true), [&](const Json* value) { return EqualsOperand(value, operand); });
  }
  if (op == "$ne") return !OperatorMatches("$eq", operand, predicate, values);
  if (op == "$gt" || op == "$gte" || op == "$lt" || op == "$lte") {
    return Any(values(true), [&](const Json* value) { return IsOrdered(value, op, operand); });
  }
  if (op == "$in") {
    return Any(values(true), [&](const Json* value) {
      for (const Json& item : operand.GetArray()) {
        if (EqualsOperand(value, item)) return true;
      }
      return false;
    });
  }
  if (op == "$nin") return !OperatorMatches("$in", operand, predicate, values);
  if (op == "$not") return !FieldMatches(operand, values);
  if (op == "$exists") {
    return operand.GetBool() ==
           Any(values(false), [](const Json* value) { return value != nullptr; });
  }
  if (op == "$type") {
    return Any(values(true), [&](const Json* value) {
      if (!operand.IsArray()) return HasType(value, operand);
      for (const Json& type : operand.GetArray()) {
        if (HasType(value, type)) return true;
      }
      return false;
    });
  }
  if (op == "$regex") {
    const Json* options = Member(predicate, "$options");
    return Any(values(true),
               [&](const Json* value) { return FindsPattern(value, operand, options); });
  }
  if (op == "$mod") {
    return Any(values(true), [&](const Json* value) { return HasRemainder(value, operand); });
  }
  if (op == "$all") return ContainsAll(operand, values);
  if (op == "$elemMatch") {
    return Any(values(false),
               [&](const Json* value) { return HasMatchingElement(value, operand); });
  }
  if (op == "$size") {
    return Any(values(false), [&](const Json* value) {
      return value != nullptr && value->IsArray() && value->Size() == NumberOf(operand);
    });
  }
  if (op == "$startsWith" || op == "$endsWith" || op == "$contains") {
    const Json* any_case = Member(predicate, "$caseInsensitive");
    return Any(values(true), [&](const Json* value) {
      return HasPart(value, op, operand, any_case != nullptr && any_case->GetBool());
    });
  }
  if (op == "$options" || op == "$caseInsensitive") return true;  // read with its sibling
  Unknown(op);
}

bool FieldMatches(const Json& predicate, const Values& values) {
  if (!IsOperatorDocument(predicate)) return OperatorMatches("$eq", predicate, predicate, values);
  for (const auto& member : predicate.GetObject()) {
    if (!OperatorMatches(Text(member.name), member.value, predicate, values)) return false;
  }
  return true;
}

bool AnyOf(const Json& conditions, const Json& document, bool rooted) {
  for (const Json& condition : conditions.GetArray()) {
    if (DocumentMatches(condition, document, rooted)) return true;
  }
  return false;
}

// `rooted`: fields begin with a root (R18); otherwise they are paths into an element.
bool DocumentMatches(const Json& condition, const Json& document, bool rooted) {
  for (const auto& member : condition.GetObject()) {
    const std::string_view key = Text(member.name);
    bool matches = true;
    if (key == "$and") {
      for (const Json& part : member.value.GetArray()) {
        if (!DocumentMatches(part, document, rooted)) matches = false;
      }
    } else if (key == "$or") {
      matches = AnyOf(member.value, document, rooted);
    } else if (key == "$nor") {
      matches = !AnyOf(member.value, document, rooted);
    } else {
      const Segments segments = rooted ? FieldSegments(key) : SplitDots(key);
      matches = FieldMatches(
          member.value, [&](bool enter_leaf) { return ValuesAt(document, segments, enter_leaf); });
    }
    if (!matches) return false;
  }
  return true;
}

}  // namespace

bool Matches(const Json& condition, const Json& document) {
  return DocumentMatches(condition, document, true);
}

std::vector<std::string> FieldSegments(std::string_view field) {
  const size_t dot = field.find('.');
  if (dot == std::string_view::npos) return {std::string(field)};
  const std::string root(field.substr(0, dot));
  std::string rest(field.substr(dot + 1));
  if (root == "headers") {
    for (char& c : rest) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  if (root == "headers" || root == "metadata") return {root, rest};
  Segments segments = SplitDots(rest);
  segments.insert(segments.begin(), root);
  return segments;
}

std::vector<const Json*> ValuesAt(const Json& document, const Segments& segments, bool enter_leaf) {
  std::vector<const Json*> values;
  WalkValue(document, segments, 0, enter_leaf, &values);
  return values;
}

}  // namespace junctor::oracle
