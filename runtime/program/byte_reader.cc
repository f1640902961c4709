#include "runtime/program/byte_reader.h"

#include <bit>

#include "absl/strings/str_cat.h"

namespace junctor {

std::string_view ByteReader::Bytes(size_t count) {
  if (!ok()) return {};
  if (count > left()) {
    Fail(absl::StrCat("cut short: ", count, " bytes are expected and ", left(), " are left"));
    return {};
  }
  const std::string_view bytes = bytes_.substr(at_, count);
  at_ += count;
  return bytes;
}

double ByteReader::F64() { return std::bit_cast<double>(U64()); }

bool ByteReader::Bool() { return Enumerator(2, "bool") != 0; }

uint8_t ByteReader::Enumerator(uint8_t count, std::string_view what) {
  const uint8_t value = U8();
  if (value < count) return value;
  Fail(absl::StrCat("unknown ", std::string(what), " ", value, ": expected less than ", count));
  return 0;
}

std::string_view ByteReader::String() {
  const uint32_t size = U32();
  return Bytes(size);
}

uint32_t ByteReader::Count(size_t min_bytes, std::string_view what) {
  const uint32_t count = U32();
  if (count <= left() / min_bytes) return count;
  Fail(absl::StrCat("cut short: ", count, " ", std::string(what), " need at least ", min_bytes,
                    " bytes each and ", left(), " bytes are left"));
  return 0;
}

void ByteReader::Fail(std::string message) {
  if (ok()) error_ = absl::StrCat(message, " (byte ", position(), ")");
}

absl::Status ByteReader::status() const {
  return ok() ? absl::OkStatus() : absl::InvalidArgumentError(error_);
}

}  // namespace junctor
