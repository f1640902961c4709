// The derived facts of a request (R18), computed when a route reads them.
#pragma once

#include <memory_resource>

#include "runtime/program/field.h"
#include "runtime/program/value.h"
#include "runtime/request/request.h"

namespace junctor {

// The value of `fact`, as request_facts.def describes it. Text that has to be made is made in
// `arena`. What the body does not hold counts as absent: no messages is a count of 0, no user
// message a missing text. `request.model` is missing where the body's model is not a string.
Value ComputeFact(RequestFact fact, const Request& request, std::pmr::memory_resource* arena);

}  // namespace junctor
