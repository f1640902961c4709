#include "runtime/program/byte_writer.h"

#include <bit>

namespace junctor {

void ByteWriter::F64(double value) { U64(std::bit_cast<uint64_t>(value)); }

void ByteWriter::String(std::string_view text) {
  Count(text.size());
  Bytes(text);
}

}  // namespace junctor
