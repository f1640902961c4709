// The request line.
#include "engine/observe/request_record.h"

#include <string>

#include "engine/observe/json_text.h"
#include "engine/observe/log_event.h"

namespace junctor::engine {
namespace {

void AppendAttempt(std::string* out, const AttemptRecord& attempt) {
  out->append("{\"element\":");
  AppendJsonString(out, attempt.element);
  out->append(",\"provider\":");
  AppendJsonString(out, attempt.provider);
  out->append(",\"model\":");
  AppendJsonString(out, attempt.model);
  out->append(",\"status\":");
  if (attempt.status == 0) {
    out->append("null");
  } else {
    AppendJsonUnsigned(out, attempt.status);
  }
  out->append(",\"class\":");
  if (attempt.error_class.empty()) {
    out->append("null");
  } else {
    AppendJsonString(out, attempt.error_class);
  }
  if (!attempt.kind.empty()) {
    out->append(",\"kind\":");
    AppendJsonString(out, attempt.kind);
  }
  out->append(",\"ms\":");
  AppendJsonMilliseconds(out, attempt.milliseconds);
  out->push_back('}');
}

// Appends `items` as an array, each by `append`.
template <typename Items, typename Append>
void AppendArray(std::string* out, const Items& items, Append append) {
  out->push_back('[');
  for (const auto& item : items) {
    if (out->back() != '[') out->push_back(',');
    append(out, item);
  }
  out->push_back(']');
}

}  // namespace

void LogRequest(Log* log, const RequestRecord& record) {
  if (!log->Writes(LogLevel::kInfo)) return;
  LogEvent line(log, LogLevel::kInfo, "request");
  line.Text("log_id", record.log_id)
      .Text("event_id", record.event_id)
      .Text("method", record.method)
      .Text("path", record.path);
  if (record.route.empty()) {
    line.Json("route", "null").Json("version", "null");
  } else {
    line.Text("route", record.route).Unsigned("version", record.version);
  }
  thread_local std::string scratch;
  scratch.clear();
  AppendArray(&scratch, record.elements, AppendJsonString);
  line.Json("elements", scratch);
  scratch.clear();
  AppendArray(&scratch, record.attempts, AppendAttempt);
  line.Json("attempts", scratch);
  if (record.status == 0) {
    line.Json("status", "null");
  } else {
    line.Unsigned("status", record.status);
  }
  line.Text("outcome", record.outcome);
  if (record.first_byte_ms.has_value()) {
    line.Milliseconds("first_byte_ms", *record.first_byte_ms);
  } else {
    line.Json("first_byte_ms", "null");
  }
  line.Milliseconds("total_ms", record.total_ms)
      .Unsigned("bytes_in", record.bytes_in)
      .Unsigned("bytes_out", record.bytes_out);
  if (record.tokens_in.has_value()) line.Unsigned("tokens_in", *record.tokens_in);
  if (record.tokens_out.has_value()) line.Unsigned("tokens_out", *record.tokens_out);
  if (record.cost_nano_dollars.has_value()) {
    constexpr double kNanoDollarsPerDollar = 1e9;
    line.Real("cost", static_cast<double>(*record.cost_nano_dollars) / kNanoDollarsPerDollar);
    if (record.cost_is_estimated) line.Bool("cost_estimated", true);
  }
}

}  // namespace junctor::engine
