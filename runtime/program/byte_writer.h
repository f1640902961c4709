// The counterpart of byte_reader.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor {

// Appends little-endian numbers and strings to a buffer of its own. Not thread-safe.
class ByteWriter {
 public:
  void U8(uint8_t value) { Number(value); }
  void U16(uint16_t value) { Number(value); }
  void U32(uint32_t value) { Number(value); }
  void U64(uint64_t value) { Number(value); }
  void F64(double value);
  void Bool(bool value) { U8(value ? 1 : 0); }
  // The number of records that follow, as 32 bits.
  void Count(size_t count) { U32(static_cast<uint32_t>(count)); }
  // A 32-bit length and the bytes.
  void String(std::string_view text);
  // The bytes as they are.
  void Bytes(std::string_view bytes) { bytes_.append(bytes); }

  size_t size() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }
  std::string Take() && { return std::move(bytes_); }

 private:
  template <typename T>
  void Number(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i)));
    }
  }

  std::string bytes_;
};

}  // namespace junctor
