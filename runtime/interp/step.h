// What an execution asks of the world, what the world answers, and how an execution ends. All of it
// is plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/program/error_class.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// Draw a uniform 64-bit number: a percentage element without a sticky key (R13). Answer with
// ResumeDraw.
struct DrawStep {
  uint32_t split = 0;  // index into the program's splits
};

// Ask a limit whether this request passes, and take it if so (R16). Answer with ResumeLimit.
struct LimitStep {
  uint32_t limit = 0;  // index into the program's limits
  std::string_view
      key;  // the bucket: the key fields' values, encoded so that different values never collide;
            // "" when there is no value (R17). Valid until the next resume.
};

// Make one attempt at a model (R19, R20). Answer with ResumeCall when the answer's first token is
// there, or the attempt failed.
struct CallStep {
  uint32_t model = 0;  // index into the program's models
  uint32_t ordinal =
      0;  // number of this model element along the path of this request, from 0 (R26)
  uint32_t attempt = 0;   // number of this attempt at this element, from 0
  uint32_t delay_ms = 0;  // wait so long before sending (retries; jitter is in it)
};

// The end (R25–R28).
struct FinishStep {
  enum class Kind : uint8_t {
    kResponse,  // answer with the response of the call with ordinal `ordinal`
    kFailure,   // answer with the last failure: see `error`, and the host's own record of its text
    kLimited,   // a limit without fallback refused: 429 with Retry-After (R14)
    kNoModelResponse,  // end without any call: 500 no_model_response (R27)
    kMisuse,           // the host resumed with an answer that was not asked for: a bug of the host
  };
  Kind kind = Kind::kNoModelResponse;
  uint32_t ordinal = 0;  // kResponse: which call; kFailure: which call failed last
  ErrorClass error = ErrorClass::kConnect;  // kFailure
  uint32_t limit = 0;                       // kLimited: index into the program's limits
  uint64_t retry_after_ms = 0;              // kLimited: as the host's answer said
};

using Step = std::variant<DrawStep, LimitStep, CallStep, FinishStep>;

// Answer to a LimitStep.
struct LimitAnswer {
  bool admitted = true;
  uint64_t retry_after_ms = 0;  // refused: when the next request could pass
};

// Answer to a CallStep.
struct CallAnswer {
  // No error: the first token (or the whole answer, as a model of StreamFailurePolicy::kHold has
  // it) is there, and the host holds the response.
  //
  // kStream is said of a response that was a success before and then broke off while it was sent,
  // after Execution::Rewind (R22). From then on the run looks for the rest of that response only:
  // earlier ones can't be answered any more, and the next success ends the run with kResponse,
  // since a model after it could not replace what the caller has. The attempts made at the element
  // count on. That response may break off in turn. Of a model of kHold nobody has a part: there
  // kStream, like any other class, is a failed attempt and no more.
  std::optional<ErrorClass> error;
  // Retry-After of a failed attempt in ms, where the provider sent one (R21).
  std::optional<uint64_t> retry_after_ms;
  // The route's deadline has passed, or would before the next attempt: no further attempt or
  // fallback is made (R19).
  bool deadline_passed = false;
  // No further attempt at this element: its fallback is next where it has one for this class,
  // otherwise the end with this failure. For a target that is skipped since it is known to be down,
  // and for elements whose hedge was begun: to learn its call (as kTimeout), and when that lost and
  // the stream that won breaks off.
  bool no_retry = false;
  // A uniform random number for the jitter of the next delay (R21).
  uint64_t random = 0;
};

// A response is held from an earlier model element, and a later one succeeded: the host drops the
// older (R23). The host learns this by comparing ordinals: only the latest successful call's
// response can be asked for by FinishStep.

}  // namespace junctor
