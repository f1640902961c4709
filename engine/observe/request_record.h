// What the log says of one request: one line, written when the request has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/observe/log.h"

namespace junctor::engine {

// One attempt at a model. The views must outlive the call of LogRequest.
struct AttemptRecord {
  std::string_view element;  // id of the model element; empty for a direct call
  std::string_view provider;
  std::string_view model;
  uint16_t status = 0;           // the provider's HTTP status; 0: there was none, written as null
  std::string_view error_class;  // R21; empty: the attempt succeeded, written as null
  std::string_view kind;         // what was special about it; empty: nothing, left out
  double milliseconds = 0;       // to the first token, or to the failure
};

// One request. The views must outlive the call of LogRequest.
struct RequestRecord {
  std::string_view log_id;
  std::string_view event_id;
  std::string_view method;
  std::string_view path;                   // without the query string
  std::string_view route;                  // empty: a direct call, or none found; written as null
  uint64_t version = 0;                    // of the route; 0: none, written as null
  std::vector<std::string_view> elements;  // ids, in the order of the path
  std::vector<AttemptRecord> attempts;     // in the order in which they began
  uint16_t status = 0;       // sent to the caller; 0: the caller had gone, written as null
  std::string_view outcome;  // one word: "response", "limited", "failure", "client_gone", …
  std::optional<double> first_byte_ms;  // until the first byte went to the caller
  double total_ms = 0;
  uint64_t bytes_in = 0;  // of the body
  uint64_t bytes_out = 0;
  std::optional<uint64_t> tokens_in;  // as the provider told; nothing: left out
  std::optional<uint64_t> tokens_out;
  std::optional<int64_t> cost_nano_dollars;  // 1e-9 US dollar; nothing: left out
  bool cost_is_estimated = false;
};

// Writes the record's line at level kInfo; does nothing where the log drops that level.
void LogRequest(Log* log, const RequestRecord& record);

}  // namespace junctor::engine
