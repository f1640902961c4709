// What Google's models take differently, by generation and family: pure functions of a model's
// name.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// How a model is told how much to think.
enum class ThinkingControl : uint8_t {
  kNone,    // it does not think, or can't be told
  kBudget,  // thinkingConfig.thinkingBudget, in tokens
  kLevel,   // thinkingConfig.thinkingLevel
};

// The differences that a request depends on.
struct GeminiTraits {
  ThinkingControl thinking = ThinkingControl::kNone;
  uint32_t least_budget = 0;      // kBudget: less is refused
  bool minimal_level = false;     // kLevel: MINIMAL is taken, not only LOW
  bool medium_level = false;      // kLevel: MEDIUM is taken, not only LOW and HIGH
  bool json_schema = true;        // takes JSON Schema; else only the OpenAPI subset of it
  bool needs_signatures = false;  // a call sent back without its thought signature is refused
};

// Of "gemini-2.5-pro", "gemini-3.1-flash-lite-preview", "gemini-flash-latest", "gemma-3-27b-it"; a
// leading "models/" is passed over. A name that is not known gets what is sure to be taken.
GeminiTraits GeminiTraitsOf(std::string_view model);

// The value of thinkingLevel; `traits.thinking` is kLevel.
std::string_view ThinkingLevelFor(const GeminiTraits& traits, ReasoningEffort effort);
// The value of thinkingBudget; `traits.thinking` is kBudget.
uint32_t ThinkingBudgetFor(const GeminiTraits& traits, ReasoningEffort effort);

}  // namespace junctor::engine
