// One condition over one request, through the real compiler and interpreter.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// Conditions whose programs are kept: streams of cases repeat theirs.
inline constexpr size_t kMaxKeptConditions = 4096;

// Compiles conditions into routes of one conditional and runs them. Not thread-safe.
class ConditionEvaluator {
 public:
  // Whether `condition`, the JSON text of a condition object, matches `request`. InvalidArgument
  // holds the compiler's errors, one a line.
  absl::StatusOr<bool> Matches(std::string_view condition, const Request& request);

 private:
  absl::StatusOr<std::shared_ptr<const Program>> ProgramOf(std::string_view condition);

  std::unordered_map<std::string, std::shared_ptr<const Program>> programs_;
};

}  // namespace junctor::engine
