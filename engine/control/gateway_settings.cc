#include "engine/control/gateway_settings.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/control/price_setting.h"
#include "engine/control/setting_shapes.h"

namespace junctor::engine {
namespace {

using rapidjson::Value;

constexpr int64_t kMaxSeconds = 0xFFFFFFFF;
constexpr int64_t kMaxCount = int64_t{1} << 53;  // what every client's numbers can hold
constexpr int64_t kMaxTimeoutMs = 3'600'000;     // as that of a model element
constexpr int64_t kMaxKeyText = 16 * 1024;
constexpr int64_t kMaxIdText = 256;

using K = SettingKind;
using N = SettingNeed;

constexpr std::array kFields = {
    SettingField{"cache_invalidate_on_update", K::kBool, N::kGiven, "false", false},
    SettingField{"cache_ttl", K::kInteger, N::kRequired, "0", false, 0, kMaxSeconds},
    SettingField{"collect_logs", K::kBool, N::kGiven, "true", false},
    SettingField{"rate_limiting_interval", K::kInteger, N::kRequired, "0", true, 0,
                 kMaxWindowSeconds},
    SettingField{"rate_limiting_limit", K::kInteger, N::kRequired, "0", true, 0, kMaxCount},
    SettingField{"rate_limiting_technique", K::kChoice, N::kNullable, "\"fixed\"", true, 0, 0,
                 "fixed sliding"},
    SettingField{"authentication", K::kBool, N::kOptional, "false", true},
    SettingField{"retry_max_attempts", K::kInteger, N::kNullable, "null", true, 1, 5},
    SettingField{"retry_delay", K::kInteger, N::kNullable, "null", true, 0, 60'000},
    SettingField{"retry_backoff", K::kChoice, N::kNullable, "null", true, 0, 0,
                 "constant linear exponential"},
    SettingField{"request_timeout", K::kInteger, N::kNullable, "null", true, 1, kMaxTimeoutMs},
    SettingField{"log_management", K::kInteger, N::kNullable, "null", false, 0, kMaxCount},
    SettingField{"log_management_strategy", K::kChoice, N::kNullable, "null", false, 0, 0,
                 "STOP_INSERTING DELETE_OLDEST"},
    SettingField{"log_classification", K::kBool, N::kOptional, "false", false},
    SettingField{"logpush", K::kBool, N::kOptional, "false", false},
    SettingField{"logpush_public_key", K::kText, N::kNullable, "null", false, 0, kMaxKeyText},
    SettingField{"zdr", K::kBool, N::kOptional, "false", false},
    SettingField{"byok_only", K::kBool, N::kOptional, "false", true},
    SettingField{"store_id", K::kText, N::kNullable, "null", false, 0, kMaxIdText},
    SettingField{"workers_ai_billing_mode", K::kChoice, N::kOptional, "\"postpaid\"", false, 0, 0,
                 "postpaid unified"},
    SettingField{"otel", K::kOtel, N::kNullable, "null", false},
    SettingField{"dlp", K::kDlp, N::kNullable, "null", false},
    SettingField{"guardrails", K::kGuardrails, N::kNullable, "null", false},
    SettingField{"spend_limits", K::kSpendLimits, N::kNullable, "null", true},
    SettingField{"stripe", K::kStripe, N::kNullable, "null", false},
    SettingField{"prices", K::kPrices, N::kNullable, "null", true},
};

std::string Write(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

// "`fixed` or `sliding`" of "fixed sliding"; whether `word` is one of them.
bool IsChoice(std::string_view choices, std::string_view word, std::string* expected) {
  while (!choices.empty()) {
    const std::string_view choice = choices.substr(0, choices.find(' '));
    choices.remove_prefix(std::min(choices.size(), choice.size() + 1));
    if (choice == word) return true;
    if (!expected->empty()) *expected += choices.empty() ? " or " : ", ";
    *expected += "\"" + std::string(choice) + "\"";
  }
  return false;
}

// Checks one field's value, of the kinds that are a word or a number. An empty text: it is right.
std::string SimpleError(const SettingField& field, const Value& value) {
  std::string expected;
  bool right = false;
  switch (field.kind) {
    case K::kBool:
      right = value.IsBool();
      expected = "true or false";
      break;
    case K::kInteger:
      right = value.IsInt64() && value.GetInt64() >= field.least && value.GetInt64() <= field.most;
      expected = "a whole number from " + std::to_string(field.least) + " to " +
                 std::to_string(field.most);
      break;
    case K::kChoice:
      right = value.IsString() &&
              IsChoice(field.choices, {value.GetString(), value.GetStringLength()}, &expected);
      break;
    case K::kText:
      right = value.IsString() && value.GetStringLength() <= static_cast<size_t>(field.most);
      expected = "a string of at most " + std::to_string(field.most) + " bytes";
      break;
    default:
      return "";
  }
  if (right) return "";
  if (field.need == N::kNullable || field.need == N::kRequired) expected += ", or null";
  // Long values are the caller's to look up.
  constexpr size_t kMostShown = 100;
  std::string shown = Write(value);
  if (shown.size() > kMostShown) shown = value.IsString() ? "a long string" : "something long";
  return "`" + std::string(field.name) + "` must be " + expected + ", found " + shown;
}

std::vector<ShapeError> ShapeErrors(const SettingField& field, std::string_view json) {
  switch (field.kind) {
    case K::kOtel:
      return CheckOtel(json);
    case K::kDlp:
      return CheckDlp(json);
    case K::kGuardrails:
      return CheckGuardrails(json);
    case K::kSpendLimits:
      return CheckSpendLimits(json);
    case K::kStripe:
      return CheckStripe(json);
    case K::kPrices:
      return CheckPrices(json);
    default:
      return {};
  }
}

// "spend_limits.rules.0.limit"
std::string DottedPath(const SettingField& field, const std::vector<std::string>& below) {
  std::string path(field.name);
  for (const std::string& step : below) path += "." + step;
  return path;
}

void AddError(ControlErrors* errors, std::string message, std::vector<std::string> path) {
  ControlError error;
  error.message = std::move(message);
  error.path = std::move(path);
  errors->errors.push_back(std::move(error));
}

// The JSON of `value`; empty where it is wrong.
std::string CheckField(const SettingField& field, const Value& value, ControlErrors* errors) {
  const std::string name(field.name);
  if (value.IsNull() && (field.need == N::kNullable || field.need == N::kRequired)) return "null";
  if (std::string wrong = SimpleError(field, value); !wrong.empty()) {
    AddError(errors, std::move(wrong), {"body", name});
    return "";
  }
  std::string json = Write(value);
  const std::vector<ShapeError> wrong = ShapeErrors(field, json);
  for (const ShapeError& error : wrong) {
    std::vector<std::string> path = {"body", name};
    path.insert(path.end(), error.path.begin(), error.path.end());
    AddError(errors, "`" + DottedPath(field, error.path) + "` " + error.message, std::move(path));
  }
  return wrong.empty() ? json : "";
}

// The value of one field in a request; empty where it is not there to be taken, or is wrong.
std::string ReadField(const SettingField& field, const Value& body, ControlErrors* errors) {
  const std::string name(field.name);
  const auto found = body.FindMember(
      Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  if (found == body.MemberEnd()) {
    if (field.need == N::kRequired || field.need == N::kGiven) {
      AddError(errors, "`" + name + "` is required", {"body", name});
    }
    return "";
  }
  std::string json = CheckField(field, found->value, errors);
  return field.kind == K::kSpendLimits && !json.empty() ? WithRuleIds(json) : json;
}

std::optional<uint32_t> ReadNumber(const Value& settings, const char* name) {
  const Value& value = settings[name];
  if (!value.IsUint()) return std::nullopt;
  return value.GetUint();
}

std::optional<std::chrono::milliseconds> ReadMilliseconds(const Value& settings, const char* name) {
  const std::optional<uint32_t> number = ReadNumber(settings, name);
  if (!number.has_value()) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

std::string_view ReadWord(const Value& settings, const char* name) {
  const Value& value = settings[name];
  if (!value.IsString()) return "";
  return {value.GetString(), value.GetStringLength()};
}

std::string Join(const std::vector<std::string>& values) {
  std::string members;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) members += ',';
    members += '"';
    members += kFields[i].name;
    members += "\":";
    members += values[i];
  }
  return members;
}

}  // namespace

std::span<const SettingField> GatewaySettingFields() { return kFields; }

bool IsGatewayId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxGatewayIdBytes && id != "." && id != ".." &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

GatewaySettings::GatewaySettings() {
  for (const SettingField& field : kFields) values_.emplace_back(field.fallback);
}

GatewaySettings GatewaySettings::ForDefaultGateway(bool authentication) {
  GatewaySettings settings;
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i].name == "authentication")
      settings.values_[i] = authentication ? "true" : "false";
  }
  return settings;
}

GatewaySettings GatewaySettings::FromStored(std::string_view text) {
  GatewaySettings settings;
  rapidjson::Document stored;
  stored.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (!stored.IsObject()) return settings;
  for (size_t i = 0; i < kFields.size(); ++i) {
    const std::string_view name = kFields[i].name;
    const auto found = stored.FindMember(
        Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
    if (found == stored.MemberEnd()) continue;
    // What can't be right is what it would be had nobody said anything: whoever edits a database by
    // hand must not be able to end the process.
    ControlErrors errors;
    std::string value = CheckField(kFields[i], found->value, &errors);
    if (errors.errors.empty()) settings.values_[i] = std::move(value);
  }
  return settings;
}

std::optional<ControlErrors> GatewaySettings::Update(std::string_view body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  ControlErrors errors;
  std::vector<std::string> updated = values_;
  for (size_t i = 0; i < kFields.size(); ++i) {
    std::string value = ReadField(kFields[i], document, &errors);
    if (!value.empty()) updated[i] = std::move(value);
  }
  if (!errors.errors.empty()) return errors;
  if (const size_t size = Join(updated).size(); size > kMaxSettingsBytes) {
    return ControlErrors::One(400, kCodeBadField,
                              "a gateway's settings have at most " +
                                  std::to_string(kMaxSettingsBytes) + " bytes, found " +
                                  std::to_string(size),
                              {"body"});
  }
  values_ = std::move(updated);
  return std::nullopt;
}

std::string GatewaySettings::Members() const { return Join(values_); }

std::string GatewaySettings::MaskedMembers() const {
  std::vector<std::string> masked = values_;
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i].kind == K::kOtel) masked[i] = MaskOtel(masked[i]);
    if (kFields[i].kind == K::kStripe) masked[i] = MaskStripe(masked[i]);
  }
  return Join(masked);
}

GatewayView GatewaySettings::View(std::string_view id, const PriceTable& process) const {
  rapidjson::Document settings;
  const std::string text = Text();
  settings.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  GatewayView view;
  view.id = id;
  view.authentication = settings["authentication"].IsTrue();
  view.byok_only = settings["byok_only"].IsTrue();
  const Value& limit = settings["rate_limiting_limit"];
  view.rate_limit.limit = limit.IsUint64() ? limit.GetUint64() : 0;
  view.rate_limit.interval_seconds = ReadNumber(settings, "rate_limiting_interval").value_or(0);
  view.rate_limit.technique = ReadWord(settings, "rate_limiting_technique") == "sliding"
                                  ? WindowTechnique::kSliding
                                  : WindowTechnique::kFixed;
  view.defaults.max_attempts = ReadNumber(settings, "retry_max_attempts");
  view.defaults.retry_delay = ReadMilliseconds(settings, "retry_delay");
  view.defaults.timeout = ReadMilliseconds(settings, "request_timeout");
  const std::string_view backoff = ReadWord(settings, "retry_backoff");
  if (backoff == "constant") view.defaults.backoff = Backoff::kConstant;
  if (backoff == "linear") view.defaults.backoff = Backoff::kLinear;
  if (backoff == "exponential") view.defaults.backoff = Backoff::kExponential;
  view.spend_rules = ReadSpendRules(Write(settings["spend_limits"]));
  view.prices = ReadPrices(Write(settings["prices"]), process);
  return view;
}

}  // namespace junctor::engine
