// The request that an execution decides about, as its host hands it over: views only, no I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/request/body_index.h"
#include "runtime/request/metadata.h"

namespace junctor {

// One header of a request. Names in any case.
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// All that a route may read of one request (R18). The host owns everything that is viewed here, and
// keeps it unchanged until the last execution over the request has ended.
struct Request {
  std::string_view method = "POST";
  std::string_view path;
  std::string_view client_ip;
  std::span<const HeaderField> headers;
  const Metadata* metadata = nullptr;  // null: no cf-aig-metadata header
  const BodyIndex* body = nullptr;     // null: no body, or one that is not a JSON object (R33)
  uint64_t body_bytes = 0;
  int64_t unix_seconds = 0;  // when the request came, for request.hour_utc and request.weekday_utc
};

}  // namespace junctor
