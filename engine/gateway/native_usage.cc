#include "engine/gateway/native_usage.h"

#include <simdjson.h>

#include <algorithm>

#include "engine/providers/anthropic/anthropic_usage.h"
#include "engine/providers/bedrock/bedrock_answer.h"
#include "engine/providers/chat/openai_usage.h"
#include "engine/providers/cohere/cohere_answer.h"
#include "engine/providers/google/google_response.h"

namespace junctor::engine {
namespace {

// The object that follows `key` at `at`; empty: none does. Usage objects hold numbers, short words
// and objects of them.
std::string_view ObjectBehind(std::string_view text, std::string_view key, size_t at) {
  std::string_view rest = text.substr(at + key.size());
  const size_t begin = rest.find_first_not_of(" \t\r\n:");
  if (begin == std::string_view::npos || rest[begin] != '{') return {};
  rest.remove_prefix(begin);
  size_t depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '{') ++depth;
    if (rest[i] == '}' && --depth == 0) return rest.substr(0, i + 1);
  }
  return {};
}

// Inside strings quotes are escaped, so that a text about usage is none.
std::string_view LastObject(std::string_view text, std::string_view key) {
  for (size_t at = text.rfind(key); at != text.npos; at = text.rfind(key, at - 1)) {
    if (const std::string_view object = ObjectBehind(text, key, at); !object.empty()) return object;
    if (at == 0) break;
  }
  return {};
}

std::string_view FirstObject(std::string_view text, std::string_view key) {
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    if (const std::string_view object = ObjectBehind(text, key, at); !object.empty()) return object;
  }
  return {};
}

bool Has(std::string_view text, std::string_view word) { return text.find(word) != text.npos; }

bool IsAnthropics(std::string_view usage) {
  return Has(usage, "\"cache_creation_input_tokens\"") || Has(usage, "\"cache_read_input_tokens\"");
}

}  // namespace

void NativeUsage::Take(std::string_view piece) {
  bytes_ += piece.size();
  if (head_.size() < kNativeUsageBytes) {
    head_.append(piece.substr(0, kNativeUsageBytes - head_.size()));
  }
  if (piece.size() >= kNativeUsageBytes) {
    tail_ = piece.substr(piece.size() - kNativeUsageBytes);
    return;
  }
  tail_.append(piece);
  // Cut seldom, so that small pieces cost no copies each.
  if (tail_.size() > 2 * kNativeUsageBytes) {
    tail_.erase(0, tail_.size() - kNativeUsageBytes);
  }
}

std::optional<Usage> NativeUsage::Find(ChatFormat format, std::string_view slug) const {
  static thread_local simdjson::dom::parser parser;
  const auto parse = [](const std::string& json, simdjson::dom::element* element) {
    return parser.parse(json).get(*element) == simdjson::SUCCESS && element->is_object();
  };
  simdjson::dom::element element;
  if (const std::string_view metadata = LastObject(tail_, "\"usageMetadata\""); !metadata.empty()) {
    const std::string wrapped = "{\"usageMetadata\":" + std::string(metadata) + "}";
    if (!parse(wrapped, &element)) return std::nullopt;
    return ReadGoogleUsage(element.get_object().value_unsafe());
  }
  const std::string last(LastObject(tail_, "\"usage\""));
  const bool is_stream = head_.starts_with("event:") || head_.starts_with("data:");
  const std::string first(is_stream ? FirstObject(head_, "\"usage\"") : std::string_view());
  if (format == ChatFormat::kAnthropic || IsAnthropics(last) || IsAnthropics(first)) {
    AnthropicUsage usage;
    if (!first.empty() && parse(first, &element)) usage.Take(element);
    if (!last.empty() && parse(last, &element)) usage.Take(element);
    return usage.Normal();
  }
  if (last.empty() || !parse(last, &element)) return std::nullopt;
  const simdjson::dom::object usage = element.get_object().value_unsafe();
  if (Has(last, "\"inputTokens\"")) return ReadBedrockUsage(usage);
  if (Has(last, "\"billed_units\"")) return ReadCohereUsage(usage);
  return ReadOpenAiUsage(usage, slug);
}

}  // namespace junctor::engine
