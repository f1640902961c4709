// AWS's binary event stream (application/vnd.amazon.eventstream), cut into its events as the bytes
// come: what ConverseStream answers.
//
// A frame, big-endian: total length u32, length of the headers u32, CRC-32 of these 8 bytes u32,
// headers, payload, CRC-32 of all before it u32. A header: length of its name u8, name, type u8,
// value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace junctor::engine {

// Longest frame and longest headers of one; the lengths come before the bytes, so a frame beyond
// them is refused before it is stored. AWS's own limits are these or lower.
inline constexpr size_t kMaxAwsFrameBytes = 16 * 1024 * 1024;
inline constexpr size_t kMaxAwsFrameHeaderBytes = 128 * 1024;

// One frame. Views are valid until the next call of the reader. Headers that it lacks, or that are
// no strings, are empty.
struct AwsEvent {
  std::string_view message_type;    // "event", "exception", "error"
  std::string_view event_type;      // of an event
  std::string_view exception_type;  // of an exception
  std::string_view error_code;      // of an error: it has no payload
  std::string_view error_message;   // of an error
  std::string_view payload;         // JSON
};

// Cuts a body into frames. Not thread-safe.
class AwsEventReader {
 public:
  AwsEventReader() = default;
  AwsEventReader(const AwsEventReader&) = delete;
  AwsEventReader& operator=(const AwsEventReader&) = delete;

  // Adds `bytes`, which must stay valid until the next Feed. Call Next until it yields nothing
  // before feeding again.
  void Feed(std::string_view bytes);

  // The next whole frame, or nothing until more bytes are fed. InvalidArgument where the bytes are
  // no frame: a wrong checksum, a length beyond the limits or against the others; all later calls
  // say the same.
  absl::StatusOr<std::optional<AwsEvent>> Next();

  // Whether a frame has begun that is not whole.
  bool inside_frame() const { return begin_ < window_.size(); }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  std::string carried_;  // backs `window_` when a frame spans feeds
  std::string_view window_;
  size_t begin_ = 0;                // where the next frame begins in the window
  size_t prelude_checked_ = kNone;  // the frame that begins here has a good prelude
  absl::Status error_;
};

}  // namespace junctor::engine
