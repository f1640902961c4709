// One run of a route, step by step, as data: `explain` fills it, and renders it as text or JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/explain/known_limits.h"

namespace junctor::engine {

// A field of the request with the value that it had, as JSON text ("missing" when it had none).
struct ExplainedField {
  std::string field;
  std::string value;
};

// The state of a limit that its step was computed from.
struct ExplainedWindow {
  LimitType type = LimitType::kCount;
  LimitOutlook outlook;
};

// One decision. Which members count depends on `kind`.
struct ExplainedStep {
  enum class Kind : uint8_t {
    kTest,    // one test of a condition: fields[0], test, holds
    kSwitch,  // equality cases on fields[0]: operand is the case, empty for none
    kSplit,   // a percentage element: fields[0] is the sticky key, if there is one; operand the
              // output; share the draw
    kLimit,   // a rate element: fields are the key; operand the limit; holds: admitted; assumed, or
              // window
    kCall,    // an attempt at a model: operand is provider/model; attempt, attempts, delay; holds:
              // answered; assumed, error
    kBreak,   // a response breaks off while it is sent: operand is provider/model; assumed is what
              // `onStreamFailure` says
  };
  Kind kind = Kind::kTest;
  std::string element;  // id; empty where the instruction came from none
  std::vector<ExplainedField> fields;
  std::string test;  // `metadata.plan eq "pro"`
  std::string operand;
  bool holds = false;
  std::string share;      // percent, "37.1204"
  bool sticky = false;    // the share came from a key
  std::string assumed;    // "ok", "timeout", "status:503", …
  std::string error;      // error class
  uint32_t attempt = 0;   // from 1
  uint32_t attempts = 0;  // that this element makes at most
  uint32_t delay_ms = 0;  // before this attempt
  uint64_t at_ms =
      0;  // since the request came, by the assumed answers: when the attempt is answered
  std::optional<ExplainedWindow> window;  // a limit whose state is known
  std::string next;  // element that the run goes on to; empty: it stays or ends here
};

// How the run ended.
struct ExplainedOutcome {
  // "response", "broken_stream" (part of a response, then an error), "failure", "limited",
  // "no_model_response"
  std::string kind;
  int status = 0;       // that the caller gets
  std::string element;  // that answered, failed or refused
  std::string model;    // provider/model of it
  std::string error;    // error class of a failure or of what broke the stream
  bool deadline_passed = false;
};

// The whole run.
struct Explanation {
  std::string route;
  std::string time;  // when the request comes, RFC 3339
  uint64_t seed = 0;
  std::vector<std::string> path;  // elements, in order
  std::vector<ExplainedStep> steps;
  ExplainedOutcome outcome;
  uint64_t elapsed_ms = 0;
};

// For people; bold and colours when `colour`.
std::string RenderExplanationText(const Explanation& explanation, bool colour);
// One JSON object, indented, with a line break at the end.
std::string RenderExplanationJson(const Explanation& explanation);

}  // namespace junctor::engine
