// A cursor over untrusted bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace junctor {

// Reads little-endian numbers and strings, never beyond the end. After the first failure all reads
// give zeros and empty strings, so that a reader checks once per record, not once per field. Not
// thread-safe; views the bytes.
class ByteReader {
 public:
  // `base`: what errors add to the position, for a reader of a part of a larger text.
  explicit ByteReader(std::string_view bytes, size_t base = 0) : bytes_(bytes), base_(base) {}

  uint8_t U8() { return Number<uint8_t>(); }
  uint16_t U16() { return Number<uint16_t>(); }
  uint32_t U32() { return Number<uint32_t>(); }
  uint64_t U64() { return Number<uint64_t>(); }
  double F64();
  // A byte that is 0 or 1.
  bool Bool();
  // A byte below `count`, for enumerators.
  uint8_t Enumerator(uint8_t count, std::string_view what);
  // A 32-bit length and so many bytes. A view into the bytes.
  std::string_view String();
  // So many bytes as they are. A view into the bytes.
  std::string_view Bytes(size_t count);
  // A 32-bit count of records that take at least `min_bytes` each (> 0): fails where so many can't
  // follow, so that room may be made for the count that it returns.
  uint32_t Count(size_t min_bytes, std::string_view what);

  size_t left() const { return bytes_.size() - at_; }
  // Where the cursor stands, counted from the begin of the whole text.
  size_t position() const { return base_ + at_; }
  bool ok() const { return error_.empty(); }

  // Makes this reader fail, unless it has failed before.
  void Fail(std::string message);
  // OK, or InvalidArgument with the first failure and its place.
  absl::Status status() const;

 private:
  template <typename T>
  T Number() {
    const std::string_view bytes = Bytes(sizeof(T));
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      number |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    }
    return static_cast<T>(number);
  }

  std::string_view bytes_;
  size_t base_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace junctor
