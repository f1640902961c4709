// What the faulty provider received, for those who test with it. Thread-safe.
//
// Credentials are shown as they came: a test wants to know which key went upstream.
#pragma once

#include <cstdint>
#include <deque>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/faulty/received_request.h"

namespace junctor::engine {

class Recorder {
 public:
  // Every record is also appended to `file`, one JSON object a line.
  absl::Status OpenFile(const std::string& file);
  // `behaviour`: the name of what is done with the request.
  void Add(const ReceivedRequest& request, std::string_view behaviour);
  // {"requests":[…]}, the oldest first: the last kMaxRecords of them, within kMaxRecordedBytes.
  std::string ToJson() const;
  void Clear();

 private:
  static constexpr size_t kMaxRecords = 1000;
  static constexpr size_t kMaxRecordedBytes = 256 * 1024 * 1024;

  mutable std::mutex mutex_;
  std::deque<std::string> records_;  // JSON objects
  size_t bytes_ = 0;                 // of all records
  uint64_t next_number_ = 1;
  std::ofstream file_;
};

}  // namespace junctor::engine
