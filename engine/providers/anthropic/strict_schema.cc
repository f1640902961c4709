#include "engine/providers/anthropic/strict_schema.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <vector>

namespace junctor::engine {
namespace {

using Value = rapidjson::Value;

std::string_view View(const Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

// What these hold is data, not schema.
bool HoldsData(std::string_view key) {
  constexpr std::array<std::string_view, 4> kKeys = {"enum", "const", "default", "examples"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

bool IsObjectType(const Value& schema) {
  const auto type = schema.FindMember("type");
  if (type == schema.MemberEnd()) return false;
  if (type->value.IsString()) return View(type->value) == "object";
  if (!type->value.IsArray()) return false;
  const auto& types = type->value.GetArray();
  return std::any_of(types.begin(), types.end(),
                     [](const Value& one) { return one.IsString() && View(one) == "object"; });
}

}  // namespace

absl::StatusOr<std::string> CloseSchemaObjects(std::string_view schema) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(
      schema.data(), schema.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError("`response_format.json_schema.schema` is not JSON");
  }
  struct Step {
    Value* value;
    int depth;
    bool is_data;  // or below a key that holds data
  };
  std::vector<Step> steps = {{&document, 1, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    // The writer below goes down the tree by calling itself.
    if (step.depth > kMaxSchemaDepth) {
      return absl::InvalidArgumentError(
          "`response_format.json_schema.schema` is nested deeper than " +
          std::to_string(kMaxSchemaDepth) + " levels");
    }
    if (step.value->IsArray()) {
      for (Value& item : step.value->GetArray()) {
        steps.push_back({&item, step.depth + 1, step.is_data});
      }
    }
    if (!step.value->IsObject()) continue;
    if (!step.is_data && IsObjectType(*step.value) &&
        !step.value->HasMember("additionalProperties")) {
      step.value->AddMember("additionalProperties", false, document.GetAllocator());
    }
    for (auto member = step.value->MemberBegin(); member < step.value->MemberEnd(); ++member) {
      const bool is_data = step.is_data || HoldsData(View(member->name));
      steps.push_back({&member->value, step.depth + 1, is_data});
    }
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  document.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace junctor::engine
