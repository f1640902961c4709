#include "engine/gateway/flow_request.h"

#include <algorithm>

namespace junctor::engine {

bool ReadsHeaders(const Program& program) {
  return std::any_of(program.fields().begin(), program.fields().end(),
                     [](const Field& field) { return field.root == FieldRoot::kHeaders; });
}

void FillFlowRequest(const CallerRequest& caller, const Metadata* metadata, int64_t unix_seconds,
                     bool with_headers, FlowRequest* out) {
  Request& request = out->request;
  request.method = caller.method;
  request.path = caller.path;
  request.client_ip = caller.remote_address;
  if (with_headers) {
    for (const net::HeaderView& header : *caller.headers) {
      out->headers.push_back({header.name, header.value});
    }
  }
  request.headers = out->headers;
  request.metadata = metadata;
  request.body = caller.index;
  request.body_bytes = caller.body.size();
  request.unix_seconds = unix_seconds;
}

}  // namespace junctor::engine
