#include "engine/providers/anthropic/anthropic_usage.h"

#include "engine/providers/chat/json_members.h"

namespace junctor::engine {
namespace {

// No answer has more; beyond it a count is not believed, and sums do not overflow.
constexpr uint64_t kMostTokens = uint64_t{1} << 50;

void TakeCount(simdjson::dom::element object, const char* key, std::optional<uint64_t>* count) {
  const std::optional<uint64_t> told = CountMember(object, key);
  if (told.has_value() && *told <= kMostTokens) *count = told;
}

}  // namespace

void AnthropicUsage::Take(simdjson::dom::element usage) {
  TakeCount(usage, "input_tokens", &input_);
  TakeCount(usage, "output_tokens", &output_);
  TakeCount(usage, "cache_read_input_tokens", &cache_read_);
  TakeCount(usage, "cache_creation_input_tokens", &cache_creation_);
  if (const auto by_life = ObjectMember(usage, "cache_creation")) {
    TakeCount(*by_life, "ephemeral_1h_input_tokens", &cache_creation_hour_);
  }
  if (const auto details = ObjectMember(usage, "output_tokens_details")) {
    TakeCount(*details, "thinking_tokens", &thinking_);
  }
  if (const auto tools = ObjectMember(usage, "server_tool_use")) {
    TakeCount(*tools, "web_search_requests", &searches_);
  }
}

std::optional<Usage> AnthropicUsage::Normal() const {
  Usage usage;
  if (input_.has_value()) {
    usage.input = *input_ + cache_read_.value_or(0) + cache_creation_.value_or(0);
  }
  usage.output = output_;
  usage.cached_read = cache_read_;
  usage.cache_write = cache_creation_;
  usage.cache_write_hour = cache_creation_hour_;
  usage.reasoning = thinking_;
  usage.searches = searches_;
  if (!usage.input.has_value() && !usage.output.has_value()) return std::nullopt;
  return usage;
}

}  // namespace junctor::engine
