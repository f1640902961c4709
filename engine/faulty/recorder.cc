#include "engine/faulty/recorder.h"

#include <simdjson.h>

#include "engine/net/base64.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

void AppendMember(std::string* out, std::string_view name, std::string_view value) {
  AppendJsonString(out, name);
  out->append(":");
  AppendJsonString(out, value);
}

std::string RecordOf(const ReceivedRequest& request, std::string_view behaviour, uint64_t number) {
  std::string record = "{\"number\":" + std::to_string(number) +
                       ",\"connection\":" + std::to_string(request.connection) + ",";
  AppendMember(&record, "method", request.method);
  record.append(",");
  AppendMember(&record, "target", request.target);
  record.append(",\"minor_version\":").append(std::to_string(request.minor_version));
  record.append(",");
  AppendMember(&record, "behaviour", behaviour);
  record.append(",\"headers\":[");
  bool comma = false;
  for (const auto& [name, value] : request.headers) {
    record.append(comma ? ",[" : "[");
    AppendJsonString(&record, name);
    record.append(",");
    AppendJsonString(&record, value);
    record.append("]");
    comma = true;
  }
  record.append("],\"complete\":").append(request.complete ? "true" : "false").append(",");
  if (simdjson::validate_utf8(request.body.data(), request.body.size())) {
    AppendMember(&record, "body", request.body);
  } else {
    AppendMember(&record, "body_base64", net::EncodeBase64(request.body));
  }
  return record + "}";
}

}  // namespace

absl::Status Recorder::OpenFile(const std::string& file) {
  file_.open(file, std::ios::app);
  if (file_.is_open()) return absl::OkStatus();
  return absl::FailedPreconditionError("cannot write to `" + file + "`");
}

void Recorder::Add(const ReceivedRequest& request, std::string_view behaviour) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string record = RecordOf(request, behaviour, next_number_++);
  if (file_.is_open()) file_ << record << '\n' << std::flush;
  bytes_ += record.size();
  records_.push_back(std::move(record));
  while (records_.size() > kMaxRecords || (bytes_ > kMaxRecordedBytes && records_.size() > 1)) {
    bytes_ -= records_.front().size();
    records_.pop_front();
  }
}

std::string Recorder::ToJson() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string text = "{\"requests\":[";
  for (size_t i = 0; i < records_.size(); ++i) {
    text.append(i > 0 ? ",\n" : "\n").append(records_[i]);
  }
  return text + "\n]}\n";
}

void Recorder::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  records_.clear();
  bytes_ = 0;
}

}  // namespace junctor::engine
