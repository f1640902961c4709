#include "tests/oracle/json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <limits>

namespace junctor::oracle {
namespace {

void KeepLastOfDuplicates(Json* value) {
  if (value->IsArray()) {
    for (Json& item : value->GetArray()) KeepLastOfDuplicates(&item);
    return;
  }
  if (!value->IsObject()) return;
  for (auto member = value->MemberBegin(); member != value->MemberEnd();) {
    bool again = false;
    for (auto later = member + 1; later != value->MemberEnd(); ++later) {
      if (later->name == member->name) again = true;
    }
    if (again) {
      member = value->EraseMember(member);
    } else {
      KeepLastOfDuplicates(&member->value);
      ++member;
    }
  }
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

}  // namespace

bool ParseJson(std::string_view text, bool comments, rapidjson::Document* document) {
  constexpr unsigned kStrict = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag |
                               rapidjson::kParseValidateEncodingFlag;
  if (comments) {
    document->Parse<kStrict | rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag>(
        text.data(), text.size());
  } else {
    document->Parse<kStrict>(text.data(), text.size());
  }
  if (document->HasParseError()) return false;
  KeepLastOfDuplicates(document);
  return true;
}

const Json* Member(const Json& value, std::string_view key) {
  for (const auto& member : value.GetObject()) {
    if (Text(member.name) == key) return &member.value;
  }
  return nullptr;
}

std::string_view Text(const Json& string) { return {string.GetString(), string.GetStringLength()}; }

std::string CanonicalText(const Json& value) {
  switch (value.GetType()) {
    case rapidjson::kNumberType: {
      const long double number = NumberOf(value);
      char text[64];
      std::snprintf(text, sizeof text, "%.21Lg", number == 0 ? 0.0L : number);
      return text;
    }
    case rapidjson::kArrayType: {
      std::string text = "[";
      for (const Json& item : value.GetArray()) text += CanonicalText(item) + ",";
      return text + "]";
    }
    case rapidjson::kObjectType: {
      std::string text = "{";
      for (const auto& member : value.GetObject()) {
        text += CanonicalText(member.name) + ":" + CanonicalText(member.value) + ",";
      }
      return text + "}";
    }
    default: {
      rapidjson::StringBuffer buffer;
      rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
      value.Accept(writer);
      return {buffer.GetString(), buffer.GetSize()};
    }
  }
}

long double NumberOf(const Json& number) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "holds every int64 and double");
  if (number.IsInt64()) return static_cast<long double>(number.GetInt64());
  return static_cast<long double>(number.GetDouble());
}

int TypeRank(const Json& value) {
  switch (value.GetType()) {
    case rapidjson::kNullType:
      return 1;
    case rapidjson::kNumberType:
      return 2;
    case rapidjson::kStringType:
      return 3;
    case rapidjson::kObjectType:
      return 4;
    case rapidjson::kArrayType:
      return 5;
    case rapidjson::kTrueType:
    case rapidjson::kFalseType:
      return 6;
  }
  return 0;
}

int Compare(const Json& a, const Json& b) {
  if (TypeRank(a) != TypeRank(b)) return Order(TypeRank(a), TypeRank(b));
  if (a.IsNumber()) return Order(NumberOf(a), NumberOf(b));
  if (a.IsString()) return Order(Text(a), Text(b));  // char_traits<char> orders bytes as unsigned
  if (a.IsBool()) return Order(a.GetBool(), b.GetBool());
  if (a.IsArray()) {
    for (rapidjson::SizeType i = 0; i < a.Size() && i < b.Size(); ++i) {
      const int order = Compare(a[i], b[i]);
      if (order != 0) return order;
    }
    return Order(a.Size(), b.Size());
  }
  if (a.IsObject()) {
    auto left = a.MemberBegin();
    auto right = b.MemberBegin();
    for (; left != a.MemberEnd() && right != b.MemberEnd(); ++left, ++right) {
      if (TypeRank(left->value) != TypeRank(right->value)) {
        return Order(TypeRank(left->value), TypeRank(right->value));
      }
      if (Text(left->name) != Text(right->name)) return Order(Text(left->name), Text(right->name));
      const int order = Compare(left->value, right->value);
      if (order != 0) return order;
    }
    return Order(a.MemberCount(), b.MemberCount());
  }
  return 0;
}

}  // namespace junctor::oracle
