// Removes the chunked transfer coding (RFC 9112 section 7.1) from a body that comes in pieces of
// any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace junctor::net {

// Strict about what smuggling is made of: sizes are 1 to 15 hexadecimal digits, lines end in CR LF,
// extensions and trailers are bounded and then dropped.
class ChunkDecoder {
 public:
  static constexpr size_t kMaxExtensionBytes = 256;  // of one chunk; nobody sends any
  // Of all chunks, so that a body of tiny chunks can't be mostly extensions.
  static constexpr size_t kMaxAllExtensionBytes = 16 * 1024;
  static constexpr size_t kMaxTrailerBytes = 8192;  // of all trailer fields

  struct Result {
    size_t consumed =
        0;  // bytes of the input used; less than all of it only when finished() or failed()
    size_t produced = 0;  // bytes of body, now at the beginning of the buffer
  };

  // Decodes `size` bytes in place.
  Result Decode(char* data, size_t size);

  // The last chunk and the trailers have been read.
  bool finished() const { return state_ == State::kFinished; }
  bool failed() const { return !error_.empty(); }
  // What was wrong; empty when nothing.
  std::string_view error() const { return error_; }
  void Reset() { *this = ChunkDecoder(); }

 private:
  enum class State : uint8_t {
    kSizeStart,     // at the first digit of a size
    kSize,          // within the digits
    kExtension,     // after ';', up to CR
    kSizeLf,        // LF of the size line
    kData,          // within a chunk
    kDataCr,        // CR after a chunk
    kDataLf,        // LF after a chunk
    kTrailerStart,  // at the beginning of a trailer line, or the last CR
    kTrailer,       // within a trailer line
    kTrailerLf,     // LF of a trailer line
    kLastLf,        // LF of the empty line
    kFinished,
  };

  static constexpr int kMaxSizeDigits = 15;

  // One byte of framing. False: error_ says why.
  bool Step(char c);

  State state_ = State::kSizeStart;
  uint8_t digits_ = 0;
  uint16_t extra_ = 0;  // bytes of the extension, or of the trailers, so far
  uint16_t all_extensions_ = 0;
  uint64_t remaining_ = 0;
  std::string_view error_;
};

}  // namespace junctor::net
