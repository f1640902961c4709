// A caller's request as a program reads it (R18).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/gateway/caller_request.h"
#include "runtime/program/program.h"
#include "runtime/request/metadata.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// The request, and what it views that the caller's does not hold. Neither copied nor moved once it
// is filled.
struct FlowRequest {
  std::vector<HeaderField> headers;
  Request request;
};

// Whether `program` reads a header: then they have to be laid out for it.
bool ReadsHeaders(const Program& program);

// Fills `out`, which views `caller` and `metadata` (may be null) from then on. Without
// `with_headers` the request seems to have none.
void FillFlowRequest(const CallerRequest& caller, const Metadata* metadata, int64_t unix_seconds,
                     bool with_headers, FlowRequest* out);

}  // namespace junctor::engine
