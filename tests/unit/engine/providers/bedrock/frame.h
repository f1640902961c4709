// Frames of AWS's event stream, made for tests. Its own checksum, bit by bit, so that the reader's
// is not compared with itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine::testing {

inline std::string BigEndian(uint64_t number, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(number >> shift));
  }
  return text;
}

inline uint32_t PlainCrc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

inline std::string Prelude(uint32_t total, uint32_t headers) {
  const std::string lengths = BigEndian(total, 4) + BigEndian(headers, 4);
  return lengths + BigEndian(PlainCrc32(lengths), 4);
}

inline std::string HeaderName(std::string_view name) {
  return BigEndian(name.size(), 1) + std::string(name);
}

inline std::string StringHeader(std::string_view name, std::string_view value) {
  return HeaderName(name) + "\7" + BigEndian(value.size(), 2) + std::string(value);
}

inline std::string RawFrame(std::string_view headers, std::string_view payload) {
  std::string frame = Prelude(static_cast<uint32_t>(headers.size() + payload.size() + 16),
                              static_cast<uint32_t>(headers.size()));
  frame.append(headers).append(payload);
  return frame + BigEndian(PlainCrc32(frame), 4);
}

// As Bedrock makes them: `message_type` "event" or "exception", whose name is `type`.
inline std::string Frame(std::string_view message_type, std::string_view type,
                         std::string_view payload) {
  const std::string name = ":" + std::string(message_type) + "-type";
  return RawFrame(StringHeader(name, type) + StringHeader(":content-type", "application/json") +
                      StringHeader(":message-type", message_type),
                  payload);
}

}  // namespace junctor::engine::testing
