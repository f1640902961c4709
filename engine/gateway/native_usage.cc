#include "engine/gateway/native_usage.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "engine/prices/estimate.h"
#include "engine/providers/bedrock/bedrock_answer.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/media_type.h"
#include "engine/providers/chat/openai_usage.h"
#include "engine/providers/chat/stream_usage.h"
#include "engine/providers/cohere/cohere_answer.h"
#include "engine/providers/google/google_response.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

// Keys whose strings are what a model wrote, in all forms of streams.
constexpr std::array<std::string_view, 9> kTextKeys = {
    "content", "text",      "delta",     "partial_json",      "thinking",
    "refusal", "arguments", "reasoning", "reasoning_content",
};
// choices[].delta.tool_calls[].function.arguments, and as deep in the other forms.
constexpr int kMaxTextDepth = 10;

uint64_t BytesOfTexts(dom::element value, int depth) {
  if (depth > kMaxTextDepth) return 0;
  uint64_t bytes = 0;
  if (value.is_array()) {
    const dom::array items = value.get_array().value_unsafe();
    for (dom::element item : items) bytes += BytesOfTexts(item, depth + 1);
  } else if (value.is_object()) {
    const dom::object members = value.get_object().value_unsafe();
    for (auto [key, member] : members) {
      if (!member.is_string()) {
        bytes += BytesOfTexts(member, depth + 1);
      } else if (std::find(kTextKeys.begin(), kTextKeys.end(), key) != kTextKeys.end()) {
        bytes += member.get_string().value_unsafe().size();
      }
    }
  }
  return bytes;
}

bool HasKey(dom::object object, std::string_view key) {
  return object.at_key(key).error() == simdjson::SUCCESS;
}

// By its shape, else by the provider's format: OpenAI's responses and Anthropic share words.
std::optional<Usage> ReadUsageOfAnyForm(dom::element usage, ChatFormat format,
                                        std::string_view slug) {
  const dom::object counts = usage.get_object().value_unsafe();
  if (HasKey(counts, "inputTokens")) return ReadBedrockUsage(counts);
  if (HasKey(counts, "billed_units")) return ReadCohereUsage(counts);
  if (format == ChatFormat::kAnthropic || HasKey(counts, "cache_creation_input_tokens") ||
      HasKey(counts, "cache_read_input_tokens")) {
    AnthropicUsage parts;
    parts.Take(usage);
    return parts.Normal();
  }
  return ReadOpenAiUsage(counts, slug);
}

// The last object of a text that stands behind `quoted_key`, itself; empty where there is none.
// Inside strings quotes are escaped, so that a text about usage is none. Usage objects hold
// numbers, short words and objects of them.
std::string_view LastObject(std::string_view text, std::string_view quoted_key) {
  for (size_t at = text.rfind(quoted_key); at != text.npos; at = text.rfind(quoted_key, at - 1)) {
    std::string_view rest = text.substr(at + quoted_key.size());
    const size_t begin = rest.find_first_not_of(" \t\r\n:");
    if (begin != std::string_view::npos && rest[begin] == '{') {
      rest.remove_prefix(begin);
      size_t depth = 0;
      for (size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '{') ++depth;
        if (rest[i] == '}' && --depth == 0) return rest.substr(0, i + 1);
      }
    }
    if (at == 0) break;
  }
  return {};
}

std::optional<Usage> UsageAtEnd(std::string_view tail, ChatFormat format, std::string_view slug) {
  static thread_local dom::parser parser;
  dom::element root;
  if (const std::string_view google = LastObject(tail, "\"usageMetadata\""); !google.empty()) {
    const std::string wrapped = "{\"usageMetadata\":" + std::string(google) + "}";
    if (parser.parse(wrapped).get(root) != simdjson::SUCCESS) return std::nullopt;
    return ReadGoogleUsage(root.get_object().value_unsafe());
  }
  const std::string_view usage = LastObject(tail, "\"usage\"");
  if (usage.empty() || parser.parse(usage.data(), usage.size()).get(root) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return ReadUsageOfAnyForm(root, format, slug);
}

std::optional<Usage> UsageInside(dom::element object, std::string_view slug) {
  return FindOpenAiUsage(object.get_object().value_unsafe(), slug);
}

// Whether an event in OpenAI's form has choices.
bool HasChoices(dom::element event) {
  dom::array choices;
  return event["choices"].get_array().get(choices) == simdjson::SUCCESS && choices.size() > 0;
}

}  // namespace

bool NativeUsage::Begin(const net::HeaderList& headers) {
  // What is compressed all the same can't be read.
  const std::string_view coding = headers.Get("content-encoding");
  is_event_stream_ =
      IsEventStream(headers) && (coding.empty() || net::EqualsIgnoreCase(coding, "identity"));
  swallows_ = swallows_ && is_event_stream_;
  return swallows_;
}

std::string_view NativeUsage::Take(std::string_view piece, bool is_last) {
  body_bytes_ += piece.size();
  if (!is_event_stream_) {
    tail_.Add(piece);
    return piece;
  }
  passed_.clear();
  const auto take = [this](const ServerSentEvent& event) {
    const bool is_usage = event.has_data && TakeEvent(event.data);
    if (swallows_ && !is_usage) passed_.append(WithoutNullUsage(event.raw));
  };
  reader_.Feed(piece);
  while (const std::optional<ServerSentEvent> event = reader_.Next()) take(*event);
  if (reader_.too_large()) {
    // Too large to be looked at: from here on it goes through.
    if (swallows_) passed_.append(reader_.unread());
    is_event_stream_ = false;
    return swallows_ ? std::string_view(passed_) : piece;
  }
  if (is_last) {
    if (const std::optional<ServerSentEvent> event = reader_.Finish()) take(*event);
  }
  return swallows_ ? std::string_view(passed_) : piece;
}

bool NativeUsage::TakeEvent(std::string_view data) {
  static thread_local dom::parser parser;
  dom::element event;
  if (parser.parse(data.data(), data.size()).get(event) != simdjson::SUCCESS ||
      !event.is_object()) {
    return false;
  }
  const std::string_view type = TextMember(event, "type");
  std::optional<dom::element> usage = ObjectMember(event, "usage");
  // Anthropic tells the input first, and with it a count of output that is none yet.
  if (type == "message_start") {
    const std::optional<dom::element> message = ObjectMember(event, "message");
    if (message.has_value()) usage = ObjectMember(*message, "usage");
    if (usage.has_value()) anthropic_.Take(*usage);
    return false;
  }
  if (type == "message_delta") {
    if (usage.has_value()) anthropic_.Take(*usage);
    is_told_ = is_told_ || usage.has_value();
    return false;
  }
  // The events of OpenAI's responses that are no deltas hold the text again.
  if (type.starts_with("response.") && !type.ends_with(".delta")) {
    if (const std::optional<dom::element> response = ObjectMember(event, "response")) {
      if (std::optional<Usage> told = UsageInside(*response, slug_)) in_event_ = told;
    }
    return false;
  }
  text_bytes_ += BytesOfTexts(event, 0);
  if (usage.has_value()) {
    if (std::optional<Usage> told = ReadUsageOfAnyForm(*usage, format_, slug_)) in_event_ = told;
    return type.empty() && !HasChoices(event);
  }
  if (const std::optional<dom::element> delta = ObjectMember(event, "delta")) {
    usage = ObjectMember(*delta, "usage");
  }
  if (usage.has_value()) {
    if (std::optional<Usage> told = ReadUsageOfAnyForm(*usage, format_, slug_)) in_event_ = told;
  } else if (std::optional<Usage> google = ReadGoogleUsage(event.get_object().value_unsafe())) {
    in_event_ = google;
  } else if (std::optional<Usage> groq = UsageInside(event, slug_)) {
    in_event_ = groq;
  }
  return false;
}

std::optional<Usage> NativeUsage::Find() const {
  if (!is_event_stream_) return UsageAtEnd(tail_.view(), format_, slug_);
  if (in_event_.has_value()) return in_event_;
  std::optional<Usage> usage = anthropic_.Normal();
  if (usage.has_value() && !is_told_ && usage->output.value_or(0) < EstimateTokens(text_bytes_)) {
    usage->output.reset();
  }
  return usage;
}

}  // namespace junctor::engine
