#include "engine/providers/bedrock/aws_event_stream.h"

#include <array>
#include <cstdint>

namespace junctor::engine {
namespace {

constexpr size_t kPreludeBytes = 12;
constexpr size_t kChecksumBytes = 4;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320u : 0);
    table[i] = value;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  }
  return ~crc;
}

// Reads the big-endian number of `size` bytes at `at`, which must be there.
uint32_t NumberAt(std::string_view bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError("event stream: " + std::string(what));
}

// Bytes of a header's value by its type: all but two kinds have a fixed length.
constexpr uint8_t kBytesType = 6;
constexpr uint8_t kStringType = 7;
constexpr std::array<size_t, 10> kFixedBytes = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};

absl::Status ReadHeaders(std::string_view headers, AwsEvent* event) {
  size_t at = 0;
  const auto left = [&] { return headers.size() - at; };
  while (at < headers.size()) {
    const size_t name_bytes = NumberAt(headers, at, 1);
    ++at;
    if (left() < name_bytes + 1) return Malformed("a header's name is longer than the headers");
    const std::string_view name = headers.substr(at, name_bytes);
    at += name_bytes;
    const auto type = static_cast<uint8_t>(headers[at]);
    ++at;
    if (type >= kFixedBytes.size()) {
      return Malformed("a header has type " + std::to_string(type) + ", expected 0 to 9");
    }
    size_t value_bytes = kFixedBytes[type];
    if (type == kBytesType || type == kStringType) {
      if (left() < 2) return Malformed("a header's value is longer than the headers");
      value_bytes = NumberAt(headers, at, 2);
      at += 2;
    }
    if (left() < value_bytes) return Malformed("a header's value is longer than the headers");
    const std::string_view value = headers.substr(at, value_bytes);
    at += value_bytes;
    if (type != kStringType) continue;
    if (name == ":message-type") event->message_type = value;
    if (name == ":event-type") event->event_type = value;
    if (name == ":exception-type") event->exception_type = value;
    if (name == ":error-code") event->error_code = value;
    if (name == ":error-message") event->error_message = value;
  }
  return absl::OkStatus();
}

absl::Status CheckPrelude(std::string_view prelude) {
  const size_t total = NumberAt(prelude, 0, 4);
  const size_t headers = NumberAt(prelude, 4, 4);
  if (NumberAt(prelude, 8, 4) != Crc32(prelude.substr(0, 8))) {
    return Malformed("the checksum of a frame's lengths is wrong");
  }
  if (total > kMaxAwsFrameBytes) {
    return Malformed("a frame has " + std::to_string(total) + " bytes, more than " +
                     std::to_string(kMaxAwsFrameBytes));
  }
  if (headers > kMaxAwsFrameHeaderBytes) {
    return Malformed("a frame has " + std::to_string(headers) + " bytes of headers, more than " +
                     std::to_string(kMaxAwsFrameHeaderBytes));
  }
  if (total < headers + kPreludeBytes + kChecksumBytes) {
    return Malformed("a frame of " + std::to_string(total) + " bytes can't hold " +
                     std::to_string(headers) + " bytes of headers");
  }
  return absl::OkStatus();
}

}  // namespace

void AwsEventReader::Feed(std::string_view bytes) {
  if (begin_ == window_.size()) {
    carried_.clear();
    window_ = bytes;
  } else {
    // What Next left over was put into `carried_`, from its beginning on.
    carried_.append(bytes);
    window_ = carried_;
  }
  begin_ = 0;
}

absl::StatusOr<std::optional<AwsEvent>> AwsEventReader::Next() {
  if (!error_.ok()) return error_;
  const std::string_view rest = window_.substr(begin_);
  size_t total = 0;
  if (rest.size() >= kPreludeBytes) {
    // Looked at as soon as it is there, so that a frame of nonsense is not waited for.
    if (prelude_checked_ != begin_) {
      error_ = CheckPrelude(rest.substr(0, kPreludeBytes));
      if (!error_.ok()) return error_;
      prelude_checked_ = begin_;
    }
    total = NumberAt(rest, 0, 4);
  }
  if (total == 0 || rest.size() < total) {
    if (window_.data() != carried_.data() || begin_ != 0) {
      // Not assigned in place: `rest` may lie in `carried_`.
      std::string unfinished(rest);
      carried_ = std::move(unfinished);
      window_ = carried_;
      if (prelude_checked_ == begin_) prelude_checked_ = 0;
      begin_ = 0;
    }
    return std::nullopt;
  }
  const std::string_view frame = rest.substr(0, total);
  const size_t checked = total - kChecksumBytes;
  if (NumberAt(frame, checked, 4) != Crc32(frame.substr(0, checked))) {
    error_ = Malformed("the checksum of a frame is wrong");
    return error_;
  }
  const size_t headers = NumberAt(frame, 4, 4);
  AwsEvent event;
  error_ = ReadHeaders(frame.substr(kPreludeBytes, headers), &event);
  if (!error_.ok()) return error_;
  event.payload = frame.substr(kPreludeBytes + headers, checked - kPreludeBytes - headers);
  begin_ += total;
  prelude_checked_ = kNone;
  return event;
}

}  // namespace junctor::engine
