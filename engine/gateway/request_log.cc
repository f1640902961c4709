#include "engine/gateway/request_log.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace junctor::engine {
namespace {

// Longest event id of a caller that is taken over: enough for any id format, short enough for a
// header and a log line.
constexpr size_t kMaxEventIdBytes = 128;

}  // namespace

RequestLog::RequestLog(RandomSource* random, std::string_view method, std::string_view path,
                       std::string_view event_id)
    : method_(method),
      path_(path),
      unix_nanoseconds_(std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count()),
      begin_(net::Clock::now()) {
  const auto milliseconds = static_cast<uint64_t>(unix_nanoseconds_ / 1'000'000);
  log_id_ = MakeId(milliseconds, random);
  event_id_ = event_id.empty() || event_id.size() > kMaxEventIdBytes ? MakeId(milliseconds, random)
                                                                     : std::string(event_id);
}

void RequestLog::SetRoute(std::shared_ptr<const Program> program, uint64_t version) {
  program_ = std::move(program);
  version_ = version;
}

void RequestLog::SetPath(std::span<const uint32_t> elements) {
  elements_.assign(elements.begin(), elements.end());
}

size_t RequestLog::AddAttempt(std::string_view element, std::string_view provider,
                              std::string_view model, int status, std::string_view error_class,
                              std::string_view kind, double milliseconds) {
  attempts_.push_back({std::string(element), std::string(provider), std::string(model), status,
                       std::string(error_class), std::string(kind), milliseconds});
  return attempts_.size() - 1;
}

void RequestLog::BreakAttempt(size_t number) {
  attempts_[number].error_class = ErrorClassName(ErrorClass::kStream);
}

void RequestLog::SetOutcome(int status, std::string_view outcome) {
  status_ = status;
  outcome_ = outcome;
}

void RequestLog::NoteFirstByte() { first_byte_ms_ = MillisecondsSince(begin_); }

void RequestLog::Write(Log* log, uint64_t bytes_out) const {
  if (!log->Writes(LogLevel::kInfo)) return;
  RequestRecord record;
  record.log_id = log_id_;
  record.event_id = event_id_;
  record.method = method_;
  record.path = path_;
  if (program_ != nullptr) {
    record.route = program_->route_name();
    record.version = version_;
    for (const uint32_t element : elements_)
      record.elements.push_back(program_->ElementName(element));
  }
  for (const Attempt& attempt : attempts_) {
    AttemptRecord out;
    out.element = attempt.element;
    out.provider = attempt.provider;
    out.model = attempt.model;
    out.status = static_cast<uint16_t>(attempt.status);
    out.error_class = attempt.error_class;
    out.kind = attempt.kind;
    out.milliseconds = attempt.milliseconds;
    record.attempts.push_back(out);
  }
  if (usage_.has_value()) {
    record.tokens_in = usage_->input;
    record.tokens_out = usage_->output;
  }
  record.cost_nano_dollars = cost_nano_dollars_;
  record.cost_is_estimated = cost_is_estimated_;
  record.status = static_cast<uint16_t>(status_);
  record.outcome = outcome_;
  record.first_byte_ms = first_byte_ms_;
  record.total_ms = MillisecondsSince(begin_);
  record.bytes_in = bytes_in_;
  record.bytes_out = bytes_out;
  LogRequest(log, record);
}

double MillisecondsSince(net::TimePoint begin) {
  return std::chrono::duration<double, std::milli>(net::Clock::now() - begin).count();
}

}  // namespace junctor::engine
