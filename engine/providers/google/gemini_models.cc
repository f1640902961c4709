#include "engine/providers/google/gemini_models.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace junctor::engine {
namespace {

enum class Family : uint8_t {
  kAny,    // in rows: every family
  kPro,    // "pro"
  kFlash,  // "flash", "flash-lite"
  kMedia,  // makes images or speech, or is spoken with live
  kOther,
};

// Generations as major × 100 + minor: 2.5 is 205.
constexpr uint32_t kUnknownGeneration = 0;  // "gemini-flash-latest"
constexpr uint32_t kNewest = UINT32_MAX;

struct ModelRow {
  uint32_t from;
  uint32_t to;  // inclusive
  Family family;
  GeminiTraits traits;
};

constexpr GeminiTraits Levels(bool minimal, bool medium) {
  GeminiTraits traits;
  traits.thinking = ThinkingControl::kLevel;
  traits.minimal_level = minimal;
  traits.medium_level = medium;
  traits.needs_signatures = true;
  return traits;
}

constexpr GeminiTraits Budget(uint32_t least, bool needs_signatures) {
  GeminiTraits traits;
  traits.thinking = ThinkingControl::kBudget;
  traits.least_budget = least;
  traits.needs_signatures = needs_signatures;
  return traits;
}

constexpr GeminiTraits NoThinking(bool json_schema, bool needs_signatures) {
  GeminiTraits traits;
  traits.json_schema = json_schema;
  traits.needs_signatures = needs_signatures;
  return traits;
}

// The first row that fits counts. What has no generation in its name may be any of the later ones:
// they all take budgets, also those that prefer levels.
constexpr std::array<ModelRow, 12> kModelRows = {{
    {kUnknownGeneration, kUnknownGeneration, Family::kPro, Budget(128, true)},
    {kUnknownGeneration, kUnknownGeneration, Family::kFlash, Budget(0, true)},
    {kUnknownGeneration, kUnknownGeneration, Family::kAny, NoThinking(true, false)},
    {1, 204, Family::kAny, NoThinking(false, false)},
    {205, 299, Family::kPro, Budget(128, false)},
    {205, 299, Family::kFlash, Budget(0, false)},
    {205, 299, Family::kAny, NoThinking(true, false)},
    {300, kNewest, Family::kMedia, NoThinking(true, true)},
    {300, 300, Family::kPro, Levels(false, false)},
    {301, kNewest, Family::kPro, Levels(false, true)},
    {300, 306, Family::kFlash, Levels(true, true)},
    {300, kNewest, Family::kAny, Levels(false, true)},
}};

// Reads up to two digits.
uint32_t TakeNumber(std::string_view* text) {
  uint32_t number = 0;
  for (int digits = 0; digits < 2 && !text->empty(); ++digits) {
    const char c = text->front();
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<uint32_t>(c - '0');
    text->remove_prefix(1);
  }
  return number;
}

uint32_t TakeGeneration(std::string_view* text) {
  const uint32_t major = TakeNumber(text);
  if (major == 0) return kUnknownGeneration;
  uint32_t minor = 0;
  if (text->starts_with('.')) {
    text->remove_prefix(1);
    minor = TakeNumber(text);
  }
  return major * 100 + minor;
}

Family FamilyOf(std::string_view rest) {
  const auto has_any = [rest](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [rest](std::string_view word) {
      return rest.find(word) != std::string_view::npos;
    });
  };
  if (has_any({"image", "tts", "live", "audio", "embedding"})) return Family::kMedia;
  if (has_any({"flash"})) return Family::kFlash;
  if (has_any({"pro"})) return Family::kPro;
  return Family::kOther;
}

}  // namespace

GeminiTraits GeminiTraitsOf(std::string_view model) {
  constexpr std::string_view kModels = "models/";
  constexpr std::string_view kGemini = "gemini-";
  if (model.starts_with(kModels)) model.remove_prefix(kModels.size());
  if (!model.starts_with(kGemini)) return NoThinking(true, false);
  model.remove_prefix(kGemini.size());
  const uint32_t generation = TakeGeneration(&model);
  const Family family = FamilyOf(model);
  const auto* row = std::find_if(kModelRows.begin(), kModelRows.end(), [&](const ModelRow& r) {
    return r.from <= generation && generation <= r.to &&
           (r.family == Family::kAny || r.family == family);
  });
  return row == kModelRows.end() ? GeminiTraits{} : row->traits;
}

std::string_view ThinkingLevelFor(const GeminiTraits& traits, ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::kNone:
    case ReasoningEffort::kMinimal:
      return traits.minimal_level ? "MINIMAL" : "LOW";
    case ReasoningEffort::kLow:
      return "LOW";
    case ReasoningEffort::kMedium:
      return traits.medium_level ? "MEDIUM" : "HIGH";
    case ReasoningEffort::kHigh:
    case ReasoningEffort::kXhigh:
    case ReasoningEffort::kMax:
      return "HIGH";
  }
  return "HIGH";
}

uint32_t ThinkingBudgetFor(const GeminiTraits& traits, ReasoningEffort effort) {
  uint32_t budget = 24'576;
  switch (effort) {
    case ReasoningEffort::kNone:
      budget = 0;
      break;
    case ReasoningEffort::kMinimal:
    case ReasoningEffort::kLow:
      budget = 1024;
      break;
    case ReasoningEffort::kMedium:
      budget = 8192;
      break;
    case ReasoningEffort::kHigh:
    case ReasoningEffort::kXhigh:
    case ReasoningEffort::kMax:
      break;
  }
  return std::max(budget, traits.least_budget);
}

}  // namespace junctor::engine
