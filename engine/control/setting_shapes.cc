#include "engine/control/setting_shapes.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>

#include "engine/control/control_plane.h"

namespace junctor::engine {
namespace {

using rapidjson::Document;
using rapidjson::Value;

// Most entries of a list of rules, policies or exporters, and of the values of one filter.
constexpr size_t kMaxEntries = 1000;
// A limit beyond this would not fit into nano-dollars.
constexpr double kMaxLimitDollars = 1e9;
constexpr double kNanoDollars = 1e9;
constexpr char kMask[] = "***";

Document Parse(std::string_view json) {
  Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  return document;
}

std::string Write(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string_view TextOf(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// One value and where it stands; problems of it and of what is inside go to one list.
class Shape {
 public:
  Shape(const Value& value, std::vector<ShapeError>* errors) : value_(&value), errors_(errors) {}

  const Value& value() const { return *value_; }

  void Add(std::string message) const { errors_->push_back({path_, std::move(message)}); }

  bool IsObject() const { return Is(value_->IsObject(), "an object"); }
  bool IsArray() const {
    return Is(value_->IsArray(), "an array") &&
           Is(value_->Size() <= kMaxEntries, "an array of at most 1000 entries");
  }
  bool IsBool() const { return Is(value_->IsBool(), "true or false"); }
  bool IsText() const { return Is(value_->IsString(), "a string"); }
  bool IsOneOf(std::initializer_list<std::string_view> words) const {
    std::string expected;
    for (const std::string_view word : words) {
      if (value_->IsString() && TextOf(*value_) == word) return true;
      if (!expected.empty()) expected += " or ";
      expected += "\"" + std::string(word) + "\"";
    }
    return Is(false, expected);
  }
  bool AreTexts() const {
    if (!IsArray()) return false;
    bool good = true;
    for (rapidjson::SizeType i = 0; i < value_->Size(); ++i) {
      good = At(std::to_string(i), (*value_)[i]).IsText() && good;
    }
    return good;
  }

  // Calls `check` with the member `name` of this object where it stands there and is not null; one
  // that is missing is an error where it is `required`.
  template <typename Check>
  void Member(const char* name, bool required, Check check) const {
    const auto found = value_->FindMember(name);
    if (found != value_->MemberEnd() && !found->value.IsNull()) {
      check(At(name, found->value));
    } else if (required) {
      At(name, *value_).Add("is required");
    }
  }

  template <typename Check>
  void EachEntry(Check check) const {
    if (!IsArray()) return;
    for (rapidjson::SizeType i = 0; i < value_->Size(); ++i) {
      check(At(std::to_string(i), (*value_)[i]));
    }
  }

  template <typename Check>
  void EachMember(Check check) const {
    if (!IsObject()) return;
    if (!Is(value_->MemberCount() <= kMaxEntries, "an object of at most 1000 members")) return;
    for (const auto& member : value_->GetObject()) {
      check(At(std::string(TextOf(member.name)), member.value));
    }
  }

  const std::string& name() const { return path_.back(); }

 private:
  Shape At(std::string step, const Value& value) const {
    Shape inner(value, errors_);
    inner.path_ = path_;
    inner.path_.push_back(std::move(step));
    return inner;
  }

  bool Is(bool is, std::string_view expected) const {
    if (!is) Add("must be " + std::string(expected));
    return is;
  }

  const Value* value_;
  std::vector<ShapeError>* errors_;
  std::vector<std::string> path_;
};

template <typename Check>
std::vector<ShapeError> CheckWith(std::string_view json, Check check) {
  std::vector<ShapeError> errors;
  const Document document = Parse(json);
  check(Shape(document, &errors));
  return errors;
}

void CheckFlagOrBlock(const Shape& action) { action.IsOneOf({"BLOCK", "FLAG"}); }

// `{mode: "filter", values: […]}`, or for metadata also `{mode: "partition"}`.
void CheckFilter(const Shape& filter, bool may_partition) {
  if (!filter.IsObject()) return;
  bool is_partition = false;
  filter.Member("mode", true, [&](const Shape& mode) {
    is_partition = may_partition && mode.value().IsString() && TextOf(mode.value()) == "partition";
    if (is_partition) return;
    if (may_partition) {
      mode.IsOneOf({"filter", "partition"});
    } else {
      mode.IsOneOf({"filter"});
    }
  });
  if (is_partition) return;
  filter.Member("values", true, [](const Shape& values) {
    if (values.AreTexts() && values.value().Empty()) values.Add("must name at least one value");
  });
}

void CheckRule(const Shape& rule) {
  if (!rule.IsObject()) return;
  rule.Member("limit", true, [](const Shape& limit) {
    const bool good = limit.value().IsNumber() && limit.value().GetDouble() > 0 &&
                      limit.value().GetDouble() <= kMaxLimitDollars;
    if (!good) {
      limit.Add("must be a number of dollars above 0 and at most 1000000000");
    } else if (std::llround(limit.value().GetDouble() * kNanoDollars) == 0) {
      limit.Add("must be at least 0.000000001 dollars: amounts have 9 decimals");
    }
  });
  rule.Member("limitType", true, [](const Shape& type) { type.IsOneOf({"cost"}); });
  rule.Member("window", true, [](const Shape& window) {
    const bool good = window.value().IsInt64() && window.value().GetInt64() >= 1 &&
                      window.value().GetInt64() <= kMaxWindowSeconds;
    if (!good) {
      window.Add("must be a whole number of seconds from 1 to " +
                 std::to_string(kMaxWindowSeconds));
    }
  });
  rule.Member("id", false, [](const Shape& id) { id.IsText(); });
  rule.Member("enabled", false, [](const Shape& enabled) { enabled.IsBool(); });
  rule.Member("technique", false, [](const Shape& technique) {
    technique.IsOneOf({"fixed", "sliding"});
  });
  rule.Member("model", false, [](const Shape& filter) { CheckFilter(filter, false); });
  rule.Member("provider", false, [](const Shape& filter) { CheckFilter(filter, false); });
  rule.Member("metadata", false, [](const Shape& metadata) {
    metadata.EachMember([](const Shape& filter) { CheckFilter(filter, true); });
  });
}

// Two rules of one id would share what they count, and count each call twice.
void CheckRuleIds(const Shape& rules) {
  std::set<std::string, std::less<>> seen;
  rules.EachEntry([&seen](const Shape& rule) {
    if (!rule.value().IsObject()) return;
    rule.Member("id", false, [&seen](const Shape& id) {
      if (!id.value().IsString() || id.value().GetStringLength() == 0) return;
      if (!seen.emplace(TextOf(id.value())).second) id.Add("is the id of another rule");
    });
  });
}

std::vector<std::string> ValuesOf(const Value& filter) {
  std::vector<std::string> values;
  const auto found = filter.FindMember("values");
  if (found == filter.MemberEnd()) return values;
  for (const Value& value : found->value.GetArray()) values.emplace_back(TextOf(value));
  return values;
}

bool IsTrueUnlessSaid(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() || !found->value.IsBool() || found->value.GetBool();
}

// The member `name` of `object`, or null.
const Value* Find(const Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

SpendRule ReadRule(const Value& rule) {
  SpendRule read;
  if (const Value* const id = Find(rule, "id")) read.id = TextOf(*id);
  read.limit_nano_dollars =
      static_cast<uint64_t>(std::llround(rule["limit"].GetDouble() * kNanoDollars));
  read.window_seconds = static_cast<uint32_t>(rule["window"].GetInt64());
  const Value* const technique = Find(rule, "technique");
  if (technique != nullptr && TextOf(*technique) == "sliding") {
    read.technique = WindowTechnique::kSliding;
  }
  if (const Value* const model = Find(rule, "model")) read.models = ValuesOf(*model);
  if (const Value* const provider = Find(rule, "provider")) read.providers = ValuesOf(*provider);
  if (const Value* const metadata = Find(rule, "metadata")) {
    for (const auto& member : metadata->GetObject()) {
      std::string key(TextOf(member.name));
      if (TextOf(member.value["mode"]) == "partition") {
        read.partition_by.push_back(std::move(key));
      } else {
        read.metadata.insert_or_assign(std::move(key), ValuesOf(member.value));
      }
    }
  }
  return read;
}

}  // namespace

std::vector<ShapeError> CheckOtel(std::string_view json) {
  return CheckWith(json, [](const Shape& exporters) {
    exporters.EachEntry([](const Shape& exporter) {
      if (!exporter.IsObject()) return;
      exporter.Member("url", true, [](const Shape& url) { url.IsText(); });
      exporter.Member("headers", true, [](const Shape& headers) {
        headers.EachMember([](const Shape& header) { header.IsText(); });
      });
      exporter.Member("authorization", false, [](const Shape& text) { text.IsText(); });
      exporter.Member("content_type", false, [](const Shape& type) {
        type.IsOneOf({"json", "protobuf"});
      });
    });
  });
}

std::vector<ShapeError> CheckDlp(std::string_view json) {
  return CheckWith(json, [](const Shape& dlp) {
    if (!dlp.IsObject()) return;
    dlp.Member("enabled", true, [](const Shape& enabled) { enabled.IsBool(); });
    if (Find(dlp.value(), "policies") == nullptr) {
      dlp.Member("action", true, CheckFlagOrBlock);
      dlp.Member("profiles", true, [](const Shape& profiles) { profiles.AreTexts(); });
      return;
    }
    dlp.Member("policies", true, [](const Shape& policies) {
      policies.EachEntry([](const Shape& policy) {
        if (!policy.IsObject()) return;
        policy.Member("id", true, [](const Shape& id) { id.IsText(); });
        policy.Member("enabled", true, [](const Shape& enabled) { enabled.IsBool(); });
        policy.Member("action", true, CheckFlagOrBlock);
        policy.Member("check", true, [](const Shape& checks) {
          checks.EachEntry([](const Shape& check) { check.IsOneOf({"REQUEST", "RESPONSE"}); });
        });
        policy.Member("profiles", true, [](const Shape& profiles) { profiles.AreTexts(); });
      });
    });
  });
}

std::vector<ShapeError> CheckGuardrails(std::string_view json) {
  return CheckWith(json, [](const Shape& guardrails) {
    if (!guardrails.IsObject()) return;
    for (const char* const side : {"prompt", "response"}) {
      guardrails.Member(side, true, [](const Shape& categories) {
        categories.EachMember([](const Shape& category) {
          static constexpr std::string_view kCategories =
              " P1 S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 ";
          if (kCategories.find(" " + category.name() + " ") == kCategories.npos) {
            category.Add("is not a category: P1 and S1 to S13 are");
          } else {
            CheckFlagOrBlock(category);
          }
        });
      });
    }
  });
}

std::vector<ShapeError> CheckSpendLimits(std::string_view json) {
  return CheckWith(json, [](const Shape& limits) {
    if (!limits.IsObject()) return;
    limits.Member("enabled", false, [](const Shape& enabled) { enabled.IsBool(); });
    limits.Member("rules", false, [](const Shape& rules) {
      if (!rules.IsArray()) return;
      rules.EachEntry(CheckRule);
      CheckRuleIds(rules);
    });
  });
}

std::vector<ShapeError> CheckStripe(std::string_view json) {
  return CheckWith(json, [](const Shape& stripe) {
    if (!stripe.IsObject()) return;
    stripe.Member("authorization", true, [](const Shape& text) { text.IsText(); });
    stripe.Member("usage_events", true, [](const Shape& events) {
      events.EachEntry([](const Shape& event) {
        if (!event.IsObject()) return;
        event.Member("payload", true, [](const Shape& payload) { payload.IsText(); });
      });
    });
  });
}

std::string WithRuleIds(std::string_view json) {
  Document limits = Parse(json);
  if (!limits.IsObject()) return std::string(json);
  const auto rules = limits.FindMember("rules");
  if (rules == limits.MemberEnd() || !rules->value.IsArray()) return std::string(json);
  for (Value& rule : rules->value.GetArray()) {
    const auto id = rule.FindMember("id");
    if (id != rule.MemberEnd() && id->value.IsString() && id->value.GetStringLength() > 0) continue;
    if (id != rule.MemberEnd()) rule.RemoveMember(id);
    Value fresh;
    fresh.SetString(NewUuid().c_str(), limits.GetAllocator());
    rule.AddMember("id", fresh, limits.GetAllocator());
  }
  return Write(limits);
}

std::vector<SpendRule> ReadSpendRules(std::string_view json) {
  std::vector<SpendRule> read;
  const Document limits = Parse(json);
  if (!limits.IsObject() || !IsTrueUnlessSaid(limits, "enabled")) return read;
  const Value* const rules = Find(limits, "rules");
  if (rules == nullptr) return read;
  for (const Value& rule : rules->GetArray()) {
    if (IsTrueUnlessSaid(rule, "enabled")) read.push_back(ReadRule(rule));
  }
  return read;
}

std::string MaskOtel(std::string_view json) {
  Document exporters = Parse(json);
  if (!exporters.IsArray()) return std::string(json);
  for (Value& exporter : exporters.GetArray()) {
    const auto authorization = exporter.FindMember("authorization");
    if (authorization != exporter.MemberEnd()) authorization->value.SetString(kMask);
    for (auto& header : exporter["headers"].GetObject()) header.value.SetString(kMask);
  }
  return Write(exporters);
}

std::string MaskStripe(std::string_view json) {
  Document stripe = Parse(json);
  if (!stripe.IsObject()) return std::string(json);
  stripe["authorization"].SetString(kMask);
  return Write(stripe);
}

}  // namespace junctor::engine
