#include "engine/providers/google/google_config.h"

#include <simdjson.h>

#include <limits>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "engine/providers/google/google_request.h"
#include "engine/providers/google/openapi_schema.h"

namespace junctor::engine {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

absl::Status Refused(std::string_view text) {
  return absl::InvalidArgumentError(absl::string_view(text.data(), text.size()));
}

// The object of Google's own settings: `extra_body.google`, or `google` where a client library has
// put the members of extra_body beside the others. Nothing where there is none. Valid until the
// parser's next use.
std::optional<object> GoogleSettings(const ChatRequest& chat, simdjson::dom::parser* parser) {
  object settings;
  if (const JsonText body = chat.Extension("extra_body"); !body.empty()) {
    object extra;
    if (parser->parse(body.data(), body.size()).get(extra) == simdjson::SUCCESS &&
        extra.at_key("google").get(settings) == simdjson::SUCCESS) {
      return settings;
    }
  }
  const JsonText google = chat.Extension("google");
  if (!google.empty() &&
      parser->parse(google.data(), google.size()).get(settings) == simdjson::SUCCESS) {
    return settings;
  }
  return std::nullopt;
}

// The member, in Google's spelling or in that of its OpenAI layer.
std::optional<element> Member(const object& members, std::string_view camel,
                              std::string_view snake) {
  element value;
  if (members.at_key(camel).get(value) == simdjson::SUCCESS && !value.is_null()) return value;
  if (members.at_key(snake).get(value) == simdjson::SUCCESS && !value.is_null()) return value;
  return std::nullopt;
}

// generationConfig, begun with its first member.
class ConfigWriter {
 public:
  explicit ConfigWriter(JsonWriter* writer) : writer_(writer) {}

  JsonWriter& Key(std::string_view key) {
    if (!begun_) writer_->Key("generationConfig").BeginObject();
    begun_ = true;
    return writer_->Key(key);
  }
  void Number(std::string_view key, const std::optional<double>& value) {
    if (value) Key(key).Number(*value);
  }
  void Unsigned(std::string_view key, const std::optional<uint64_t>& value) {
    if (value) Key(key).Unsigned(*value);
  }
  void End() {
    if (begun_) writer_->EndObject();
  }

 private:
  JsonWriter* writer_;
  bool begun_ = false;
};

absl::Status WriteStops(const ChatRequest& chat, ConfigWriter* config) {
  if (chat.stop.empty()) return absl::OkStatus();
  if (chat.stop.size() > kMaxGoogleStops) {
    return Refused("`stop` has " + std::to_string(chat.stop.size()) + " sequences: Google takes " +
                   std::to_string(kMaxGoogleStops) + " at most");
  }
  JsonWriter& writer = config->Key("stopSequences").BeginArray();
  for (const std::string_view stop : chat.stop) writer.String(stop);
  writer.EndArray();
  return absl::OkStatus();
}

absl::Status WriteResponseFormat(const ChatRequest& chat, const GeminiTraits& traits,
                                 simdjson::dom::parser* parser, ConfigWriter* config) {
  const ChatResponseFormat& format = chat.response_format;
  if (format.kind == ChatResponseFormat::Kind::kText) return absl::OkStatus();
  config->Key("responseMimeType").String("application/json");
  if (format.kind != ChatResponseFormat::Kind::kJsonSchema || format.schema.empty())
    return absl::OkStatus();
  element schema;
  if (parser->parse(format.schema.data(), format.schema.size()).get(schema) != simdjson::SUCCESS ||
      !schema.is_object()) {
    return Refused("`response_format.json_schema.schema`: expected a JSON object");
  }
  if (traits.json_schema) {
    config->Key("responseJsonSchema").Raw(format.schema);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> subset = OpenApiSchema(schema);
  if (!subset.ok()) {
    return Refused("`response_format.json_schema.schema`: " +
                   std::string(subset.status().message().data(), subset.status().message().size()));
  }
  config->Key("responseSchema").Raw(*subset);
  return absl::OkStatus();
}

// Google's own thinking_config beats reasoning_effort: never a level and a budget.
absl::Status WriteThinking(const ChatRequest& chat, const GeminiTraits& traits,
                           simdjson::dom::parser* parser, ConfigWriter* config) {
  std::optional<int64_t> budget;
  std::string level;
  std::optional<bool> include_thoughts;
  if (const std::optional<object> settings = GoogleSettings(chat, parser)) {
    if (const auto thinking = Member(*settings, "thinkingConfig", "thinking_config")) {
      object members;
      if (thinking->get(members) != simdjson::SUCCESS)
        return Refused("`extra_body.google.thinking_config`: expected an object");
      if (const auto value = Member(members, "thinkingLevel", "thinking_level")) {
        std::string_view text;
        if (value->get(text) != simdjson::SUCCESS)
          return Refused("`extra_body.google.thinking_config.thinking_level`: expected a string");
        level = absl::AsciiStrToUpper(absl::string_view(text.data(), text.size()));
      }
      if (const auto value = Member(members, "thinkingBudget", "thinking_budget")) {
        int64_t number = 0;
        if (value->get(number) != simdjson::SUCCESS) {
          return Refused(
              "`extra_body.google.thinking_config.thinking_budget`: expected a whole number");
        }
        budget = number;
      }
      if (const auto value = Member(members, "includeThoughts", "include_thoughts")) {
        bool wanted = false;
        if (value->get(wanted) != simdjson::SUCCESS) {
          return Refused(
              "`extra_body.google.thinking_config.include_thoughts`: expected true or false");
        }
        include_thoughts = wanted;
      }
      if (!level.empty() && budget) {
        return Refused(
            "`extra_body.google.thinking_config` has a thinking_level and a thinking_budget: "
            "Google takes one of the two");
      }
    }
  }
  if (level.empty() && !budget && chat.reasoning_effort) {
    if (traits.thinking == ThinkingControl::kLevel)
      level = ThinkingLevelFor(traits, *chat.reasoning_effort);
    if (traits.thinking == ThinkingControl::kBudget)
      budget = ThinkingBudgetFor(traits, *chat.reasoning_effort);
  }
  if (level.empty() && !budget && !include_thoughts) return absl::OkStatus();
  JsonWriter& writer = config->Key("thinkingConfig").BeginObject();
  if (!level.empty()) writer.Key("thinkingLevel").String(level);
  if (budget) writer.Key("thinkingBudget").Integer(*budget);
  if (include_thoughts) writer.Key("includeThoughts").Bool(*include_thoughts);
  writer.EndObject();
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteGenerationConfig(const ChatRequest& chat, const GeminiTraits& traits,
                                   simdjson::dom::parser* parser, JsonWriter* writer) {
  ConfigWriter config(writer);
  config.Number("temperature", chat.temperature);
  config.Number("topP", chat.top_p);
  config.Unsigned("topK", chat.top_k);
  config.Unsigned("candidateCount", chat.n);
  config.Unsigned("maxOutputTokens", chat.max_tokens);
  if (absl::Status status = WriteStops(chat, &config); !status.ok()) return status;
  // It only tunes: a seed that Google's 32 bits can't hold is left out.
  if (chat.seed && *chat.seed >= std::numeric_limits<int32_t>::min() &&
      *chat.seed <= std::numeric_limits<int32_t>::max()) {
    config.Key("seed").Integer(*chat.seed);
  }
  config.Number("presencePenalty", chat.presence_penalty);
  config.Number("frequencyPenalty", chat.frequency_penalty);
  if (chat.logprobs) {
    config.Key("responseLogprobs").Bool(true);
    if (chat.top_logprobs.value_or(0) > 0) config.Unsigned("logprobs", chat.top_logprobs);
  }
  if (absl::Status status = WriteResponseFormat(chat, traits, parser, &config); !status.ok())
    return status;
  if (!chat.modalities.empty()) {
    JsonWriter& modalities = config.Key("responseModalities").BeginArray();
    for (const std::string_view modality : chat.modalities)
      modalities.String(absl::AsciiStrToUpper(absl::string_view(modality.data(), modality.size())));
    modalities.EndArray();
  }
  if (absl::Status status = WriteThinking(chat, traits, parser, &config); !status.ok())
    return status;
  config.End();
  return absl::OkStatus();
}

absl::Status WriteGoogleExtensions(const ChatRequest& chat, simdjson::dom::parser* parser,
                                   JsonWriter* writer) {
  std::string safety;
  std::string cached_content;
  if (const std::optional<object> settings = GoogleSettings(chat, parser)) {
    if (const auto value = Member(*settings, "safetySettings", "safety_settings")) {
      if (!value->is_array())
        return Refused("`extra_body.google.safety_settings`: expected an array");
      safety = simdjson::minify(*value);
    }
    if (const auto value = Member(*settings, "cachedContent", "cached_content")) {
      std::string_view name;
      if (value->get(name) != simdjson::SUCCESS)
        return Refused("`extra_body.google.cached_content`: expected a string");
      cached_content = name;
    }
  }
  if (const JsonText own = chat.Extension("safety_settings"); !own.empty()) {
    element value;
    if (parser->parse(own.data(), own.size()).get(value) != simdjson::SUCCESS || !value.is_array())
      return Refused("`safety_settings`: expected an array");
    safety = own;
  }
  if (!safety.empty()) writer->Key("safetySettings").Raw(safety);
  if (!cached_content.empty()) writer->Key("cachedContent").String(cached_content);
  return absl::OkStatus();
}

}  // namespace junctor::engine
