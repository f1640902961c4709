// Shapes of the settings that are more than a word or a number. Internal to engine/control.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/directory/directory.h"

namespace junctor::engine {

// Longest window of a gateway's own limits: a bit more than a year.
inline constexpr int64_t kMaxWindowSeconds = int64_t{366} * 24 * 3600;

// What is wrong with a value: where in it, and what was expected.
struct ShapeError {
  std::vector<std::string> path;  // below the setting: {"rules", "0", "limit"}
  std::string message;
};

// Each reads JSON text and gives what is wrong with it; nothing: it is as it should be.
std::vector<ShapeError> CheckOtel(std::string_view json);
std::vector<ShapeError> CheckDlp(std::string_view json);
std::vector<ShapeError> CheckGuardrails(std::string_view json);
std::vector<ShapeError> CheckSpendLimits(std::string_view json);
std::vector<ShapeError> CheckStripe(std::string_view json);

// `json`, checked, with an id for every rule that has none: a rule's window goes on under its id
// when the rule is moved or changed.
std::string WithRuleIds(std::string_view json);

// The rules of checked spend limits that act.
std::vector<SpendRule> ReadSpendRules(std::string_view json);

// `json` with credentials replaced by `***`.
std::string MaskOtel(std::string_view json);
std::string MaskStripe(std::string_view json);

}  // namespace junctor::engine
