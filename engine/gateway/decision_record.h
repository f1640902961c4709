// What a version of a route did for one request, noted while it serves, so that another version can
// be held against it in the shadow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/observe/shadow_differences.h"
#include "runtime/interp/step.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// One request's notes. By the ids of elements, which two versions share where they mean the same.
class DecisionRecord {
 public:
  void NoteDraw(std::string_view element, uint64_t number);
  void NoteLimit(std::string_view element, const LimitAnswer& answer);
  // An attempt at a model element that has ended. Elements that were only tried out, for a hedge
  // that lost, are not noted.
  void NoteCall(const CallStep& step, const Program& program, const CallAnswer& answer);
  // The first end of the run; what comes after an answer has begun (R22) is no decision any more.
  void NoteEnd(const FinishStep& step, const Program& program, uint64_t version);

  // What was answered to the element; null or none: it was not asked.
  const uint64_t* FindDraw(std::string_view element) const;
  const LimitAnswer* FindLimit(std::string_view element) const;
  std::optional<CallAnswer> FindCall(std::string_view element, uint32_t attempt) const;

  // Whether the run came to its end, and what it decided.
  bool ended() const { return ended_; }
  const RouteDecision& decision() const { return decision_; }

 private:
  std::map<std::string, uint64_t, std::less<>> draws_;
  std::map<std::string, LimitAnswer, std::less<>> limits_;
  std::map<std::string, std::vector<CallAnswer>, std::less<>> calls_;  // by attempt
  std::optional<uint32_t> last_ordinal_;
  bool ended_ = false;
  RouteDecision decision_;
};

}  // namespace junctor::engine
