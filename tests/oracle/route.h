// The judge of routes (R10–R28): walks the document of a route from element to element and asks a
// scripted world.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/oracle/json.h"

namespace junctor::oracle {

// What a limit says.
struct LimitReply {
  bool admitted = true;
  uint64_t retry_after_ms = 0;
};

// How an attempt at a model went.
struct CallReply {
  std::string error;  // an error class of R21; empty: answered
  std::optional<uint64_t> retry_after_ms;
  bool deadline_passed = false;
};

// The world outside of a route. Answers depend on the element and the attempt alone, never on the
// order of the questions.
class World {
 public:
  virtual ~World() = default;
  // A number below 1,000,000: where the draw falls, in 1/10000 of a percent.
  virtual uint32_t Draw(const std::string& element) = 0;
  // As Draw, for a sticky split and a key that has a value.
  virtual uint32_t StickyDraw(const std::string& element, const std::string& key) = 0;
  virtual LimitReply Limit(const std::string& element) = 0;
  virtual CallReply Call(const std::string& element, uint32_t attempt) = 0;
  // Whether the answer of an attempt that succeeded breaks off after the caller got part of it.
  virtual bool Breaks(const std::string& element, uint32_t attempt) = 0;
};

// One question that the route asked of the world, or its end; as text, so that two runs are
// compared and printed alike:
//   draw <element>
//   limit <element>
//   call <element> ordinal=<n> attempt=<n>
//   break <ordinal>: the response that was being sent broke off, and is to be continued (R22)
//   finish response <ordinal> | finish failure <ordinal> <class> | finish limited <element>
//   <retry_after_ms> | finish no_model_response
struct Run {
  std::vector<std::string> steps;
  std::vector<std::string>
      limit_keys;  // of the limits asked, in order: the key's values as text, or "" for none (R17)
};

// Runs `route` (a route that the compiler accepts, parsed with ParseJson) over `document`.
Run RunRoute(const Json& route, const Json& document, World* world);

}  // namespace junctor::oracle
