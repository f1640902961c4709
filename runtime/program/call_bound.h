// How many attempts at models one request can make at most (R7): what the compiler states, and what
// the verifier recomputes from the code. Pure.
#pragma once

#include <cstdint>

#include "runtime/program/program_parts.h"

namespace junctor {

// The attempts that a run can make from some place of the route on.
struct CallBound {
  // At most, whatever happens.
  uint64_t any = 0;
  // At most where every model fails, or carries on an answer that the caller already has a part of:
  // then no way leads on from a success.
  uint64_t failing = 0;
};

// Sets `bound` to cover `other` too: a place from which either way may be taken.
void Cover(const CallBound& other, CallBound* bound);

// The bound of a model element, with those of where its outputs lead. `fallback` is null where it
// has none. It is the largest of what can happen:
//   - all attempts fail, and the fallback's way is gone;
//   - the last attempt succeeds, and the way from there is gone. A hedge may have been begun by
//     then: one call of the fallback's way. An element begins one at most, since it makes no
//     further attempts then, and a call that is a hedge begins none;
//   - the last but n-th attempt succeeds, all models after it fail through to the end, so that this
//     response is sent (R23); it breaks off, and under `continue` (R22) the n attempts that are
//     left and the fallback's way follow. A success there ends the run, so that way only counts as
//     failing.
// Responses that were replaced don't come in: they are closed, and can't break off any more. An
// element of `hold` has succeeded when its answer is whole, so that its breaks are failed attempts.
CallBound BoundOfModel(const ModelSpec& model, const CallBound& success, const CallBound* fallback);

}  // namespace junctor
