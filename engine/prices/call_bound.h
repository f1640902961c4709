// The most that one call can cost, before it is made: what a cost limit with `reserve` holds (R16).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/prices/model_price.h"
#include "engine/prices/money.h"
#include "engine/prices/price_book.h"
#include "engine/prices/price_set.h"
#include "runtime/program/program_parts.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// Output that is reserved for where neither the request nor the route bounds it, of a model of
// which only the context window is known: none says more in one answer than this, but for a few.
inline constexpr uint64_t kLongestAnswerTokens = 131'072;

// The same of a model of which nothing is known.
inline constexpr uint64_t kUnboundedOutputTokens = 32'768;

// Input that a picture is taken for: more than all but a few models count for the largest one.
inline constexpr uint64_t kTokensPerPicture = 5'000;

// Thinking that adapters allow beyond `max_tokens`, where providers count it in: the largest
// budget.
inline constexpr uint64_t kMostThinkingTokens = 24'576;

// Answers that a request may ask for at once: what one counts for that says how many in words that
// are none.
inline constexpr uint64_t kMostChoices = 128;

// How large the calls of a request can be, by its body.
struct CallSize {
  uint64_t input_tokens = 0;
  // As the request has them; the larger one counts.
  std::optional<uint64_t> max_tokens;
  std::optional<uint64_t> max_completion_tokens;
  // What Anthropic's answers are bounded by where the request has none; see FormatSettings.
  std::optional<uint64_t> default_max_tokens;
  uint64_t choices = 1;  // answers that it asks for at once
  bool thinks = false;   // it asks for a reasoning effort
};

// By bytes: a token has one at least. Pictures in messages count as such, not by the bytes that
// stand for them.
CallSize SizeOfCall(uint64_t body_bytes, const BodyIndex& index);

// The same where the body is not there to be looked into.
CallSize SizeOfCall(uint64_t body_bytes, std::optional<uint64_t> max_tokens);

// `size` with the `params` of a model element laid over what the request says (R19).
CallSize WithParams(const CallSize& size, std::string_view params);

// The most output tokens of one answer: what the request allows; else what the adapter will; else
// the model's limit, as the price file, its family (KnownOutputLimit) or its context window tells.
uint64_t OutputBound(const CallSize& size, std::string_view provider, std::string_view model,
                     const ModelPrice* price);

// The most that a call of the model costs from `unix_seconds` on for `seconds`: at the dearest
// price in force meanwhile, whatever tier it reaches. With `custom` at that price. Exact as far as
// the provider keeps to the bound on its output.
NanoDollars BoundOfCall(const PriceBook& book, const std::optional<PriceSet>& custom,
                        std::string_view provider, std::string_view model, const CallSize& size,
                        int64_t unix_seconds, int64_t seconds);

// How long a request of the program may take at most before its holds end by themselves: the
// usual lease, or longer where a model may be waited for longer.
int64_t HoldLeaseOf(const ProgramParts& parts, int64_t usual_ns);

}  // namespace junctor::engine
