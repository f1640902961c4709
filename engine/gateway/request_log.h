// What is noted of a request while it is served, for its one log line and its ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/rate_limit_state.h"
#include "engine/net/timer_wheel.h"
#include "engine/observe/ids.h"
#include "engine/observe/log.h"
#include "engine/observe/request_record.h"
#include "engine/providers/chat/usage.h"
#include "runtime/interp/execution.h"

namespace junctor::engine {

// One request's notes. Used by one coroutine.
class RequestLog {
 public:
  // `event_id` is the caller's own (cf-aig-event-id), or empty: one is made.
  RequestLog(RandomSource* random, std::string_view method, std::string_view path,
             std::string_view event_id);

  std::string_view log_id() const { return log_id_; }
  std::string_view event_id() const { return event_id_; }
  int64_t unix_nanoseconds() const { return unix_nanoseconds_; }

  // Notes the route that serves the request. Keeps the program, whose names the line shows, alive.
  void SetRoute(std::shared_ptr<const Program> program, uint64_t version);
  void SetPath(std::span<const uint32_t> elements);
  // Notes an attempt that has ended, and returns its number. `kind` says what was special about it:
  // "hedge", "skipped", "continues", "begins_afresh"; empty: nothing.
  size_t AddAttempt(std::string_view element, std::string_view provider, std::string_view model,
                    int status, std::string_view error_class, std::string_view kind,
                    double milliseconds);
  // That attempt had begun to answer, and broke then (R22).
  void BreakAttempt(size_t number);
  size_t attempt_count() const { return attempts_.size(); }
  // What the calls cost, in nano-dollars, where somebody counts it.
  void SetCost(int64_t nano_dollars, bool is_estimated) {
    cost_nano_dollars_ = nano_dollars;
    cost_is_estimated_ = is_estimated;
  }
  // What the answer used; nothing where nobody knows.
  void SetUsage(const std::optional<Usage>& usage) { usage_ = usage; }
  // The tightest count limit that the request met, for its answer's headers.
  RateLimitState& rate_limit() { return rate_limit_; }
  const RateLimitState& rate_limit() const { return rate_limit_; }
  void SetBytesIn(uint64_t bytes) { bytes_in_ = bytes; }
  void SetOutcome(int status, std::string_view outcome);
  void NoteFirstByte();

  // Writes the line.
  void Write(Log* log, uint64_t bytes_out) const;

 private:
  struct Attempt {
    std::string element;
    std::string provider;
    std::string model;
    int status;
    std::string error_class;  // empty: it answered
    std::string kind;
    double milliseconds;
  };

  std::string_view method_;
  std::string_view path_;
  std::string log_id_;
  std::string event_id_;
  int64_t unix_nanoseconds_;
  net::TimePoint begin_;
  std::shared_ptr<const Program> program_;
  uint64_t version_ = 0;
  std::vector<uint32_t> elements_;
  std::vector<Attempt> attempts_;
  std::optional<double> first_byte_ms_;
  uint64_t bytes_in_ = 0;
  std::optional<Usage> usage_;
  std::optional<int64_t> cost_nano_dollars_;
  bool cost_is_estimated_ = false;
  RateLimitState rate_limit_;
  int status_ = 0;
  std::string outcome_ = "failure";
};

// Milliseconds from `begin` to now.
double MillisecondsSince(net::TimePoint begin);

}  // namespace junctor::engine
