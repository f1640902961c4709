#include "engine/providers/chat/openai_usage.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

using Count = std::optional<uint64_t>;

// Where chat completions and responses keep the details.
constexpr std::array<std::string_view, 2> kInputDetails = {"prompt_tokens_details",
                                                           "input_tokens_details"};
constexpr std::array<std::string_view, 2> kOutputDetails = {"completion_tokens_details",
                                                            "output_tokens_details"};

// The first of `names` that holds a count.
Count CountOf(dom::object object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    uint64_t count = 0;
    if (object.at_key(name).get_uint64().get(count) == simdjson::SUCCESS) return count;
  }
  return std::nullopt;
}

Count CountInside(dom::object object, std::span<const std::string_view> holders,
                  std::string_view name) {
  for (const std::string_view holder : holders) {
    dom::object details;
    if (object.at_key(holder).get_object().get(details) != simdjson::SUCCESS) continue;
    if (const Count count = CountOf(details, {name})) return count;
  }
  return std::nullopt;
}

// Of counts that a provider made up: an overflow must not wrap to something small.
uint64_t Sum(uint64_t a, uint64_t b) {
  return a > std::numeric_limits<uint64_t>::max() - b ? std::numeric_limits<uint64_t>::max()
                                                      : a + b;
}

// What of `total` is not `part`; nothing where they do not fit.
Count Rest(uint64_t total, const Count& part) {
  if (!part.has_value() || *part > total) return std::nullopt;
  return total - *part;
}

// What a provider says it charged. A figure that cannot be meant is none.
std::optional<double> DollarsOf(dom::object object, std::string_view name) {
  constexpr double kMostDollars = 1e6;
  double dollars = 0;
  if (object.at_key(name).get_double().get(dollars) != simdjson::SUCCESS) return std::nullopt;
  if (!(dollars >= 0 && dollars <= kMostDollars)) return std::nullopt;
  return dollars;
}

void AddOnTop(const Count& more, Usage* usage) {
  if (usage->output.has_value() && more.has_value()) usage->output = Sum(*usage->output, *more);
}

}  // namespace

std::optional<Usage> ReadOpenAiUsage(dom::object usage, std::string_view slug) {
  Usage counts;
  counts.input = CountOf(usage, {"prompt_tokens", "input_tokens"});
  counts.output = CountOf(usage, {"completion_tokens", "output_tokens"});
  counts.total = CountOf(usage, {"total_tokens"});
  counts.cached_read = CountInside(usage, kInputDetails, "cached_tokens");
  counts.cache_write = CountInside(usage, kInputDetails, "cache_write_tokens");
  counts.audio_input = CountInside(usage, kInputDetails, "audio_tokens");
  counts.reasoning = CountInside(usage, kOutputDetails, "reasoning_tokens");
  counts.audio_output = CountInside(usage, kOutputDetails, "audio_tokens");
  if (slug == "deepseek" && !counts.cached_read.has_value()) {
    counts.cached_read = CountOf(usage, {"prompt_cache_hit_tokens"});
  } else if (slug == "grok") {
    AddOnTop(counts.reasoning, &counts);
  } else if (slug == "perplexity-ai") {
    if (!counts.reasoning.has_value()) counts.reasoning = CountOf(usage, {"reasoning_tokens"});
    AddOnTop(counts.reasoning, &counts);
    counts.citation = CountOf(usage, {"citation_tokens"});
    AddOnTop(counts.citation, &counts);
    counts.searches = CountOf(usage, {"num_search_queries"});
    dom::object cost;
    if (usage.at_key("cost").get_object().get(cost) == simdjson::SUCCESS) {
      counts.dollars = DollarsOf(cost, "total_cost");
    }
  } else if (slug == "openrouter") {
    counts.dollars = DollarsOf(usage, "cost");
  }
  if (!counts.input.has_value() && !counts.output.has_value() && !counts.total.has_value()) {
    return std::nullopt;
  }
  if (!counts.total.has_value()) {
    if (counts.input.has_value() && counts.output.has_value()) {
      counts.total = Sum(*counts.input, *counts.output);
    }
  } else if (!counts.output.has_value()) {
    counts.output = Rest(*counts.total, counts.input);  // embeddings tell no output
  } else if (!counts.input.has_value()) {
    counts.input = Rest(*counts.total, counts.output);
  }
  return counts;
}

std::optional<Usage> ReadOpenAiUsage(std::string_view usage_json, std::string_view slug) {
  // Usage objects are small: the parser's buffers are kept from one to the next.
  static thread_local dom::parser parser;
  dom::object usage;
  if (parser.parse(usage_json.data(), usage_json.size()).get_object().get(usage) !=
      simdjson::SUCCESS) {
    return std::nullopt;
  }
  return ReadOpenAiUsage(usage, slug);
}

std::optional<Usage> FindOpenAiUsage(dom::object answer, std::string_view slug) {
  dom::object usage;
  if (answer.at_key("usage").get_object().get(usage) == simdjson::SUCCESS) {
    return ReadOpenAiUsage(usage, slug);
  }
  dom::object groq;
  if (slug == "groq" && answer.at_key("x_groq").get_object().get(groq) == simdjson::SUCCESS &&
      groq.at_key("usage").get_object().get(usage) == simdjson::SUCCESS) {
    return ReadOpenAiUsage(usage, slug);
  }
  return std::nullopt;
}

}  // namespace junctor::engine
