#include "engine/net/chunk_decoder.h"

#include <algorithm>
#include <cstring>

namespace junctor::net {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

ChunkDecoder::Result ChunkDecoder::Decode(char* data, size_t size) {
  Result result;
  while (result.consumed < size && state_ != State::kFinished && error_.empty()) {
    if (state_ != State::kData) {
      if (Step(data[result.consumed])) ++result.consumed;
      continue;
    }
    const size_t taken =
        static_cast<size_t>(std::min<uint64_t>(remaining_, size - result.consumed));
    if (result.produced != result.consumed) {
      std::memmove(data + result.produced, data + result.consumed, taken);
    }
    result.produced += taken;
    result.consumed += taken;
    remaining_ -= taken;
    if (remaining_ == 0) state_ = State::kDataCr;
  }
  return result;
}

bool ChunkDecoder::Step(char c) {
  const auto expect = [&](char wanted, State next, std::string_view error) {
    if (c != wanted) {
      error_ = error;
      return false;
    }
    state_ = next;
    return true;
  };
  switch (state_) {
    case State::kSizeStart:
    case State::kSize: {
      const int digit = HexDigit(c);
      if (digit >= 0) {
        if (digits_ == kMaxSizeDigits) {
          error_ = "a chunk size has too many digits";
          return false;
        }
        ++digits_;
        remaining_ = remaining_ * 16 + static_cast<uint64_t>(digit);
        state_ = State::kSize;
        return true;
      }
      if (state_ == State::kSize && c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      if (state_ == State::kSize && c == ';') {
        state_ = State::kExtension;
        extra_ = 0;
        return true;
      }
      error_ = "a chunk size is not a hexadecimal number";
      return false;
    }
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      if (IsControl(c) || ++extra_ > kMaxExtensionBytes ||
          ++all_extensions_ > kMaxAllExtensionBytes) {
        error_ = "a chunk extension is malformed or too long";
        return false;
      }
      return true;
    case State::kSizeLf:
      digits_ = 0;
      extra_ = 0;
      return expect('\n', remaining_ == 0 ? State::kTrailerStart : State::kData,
                    "a chunk size line does not end in CR LF");
    case State::kDataCr:
      return expect('\r', State::kDataLf, "a chunk is not followed by CR LF");
    case State::kDataLf:
      return expect('\n', State::kSizeStart, "a chunk is not followed by CR LF");
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kLastLf;
        return true;
      }
      state_ = State::kTrailer;
      [[fallthrough]];
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return true;
      }
      if (IsControl(c) || ++extra_ > kMaxTrailerBytes) {
        error_ = "the trailers are malformed or too long";
        return false;
      }
      return true;
    case State::kTrailerLf:
      return expect('\n', State::kTrailerStart, "a trailer line does not end in CR LF");
    case State::kLastLf:
      return expect('\n', State::kFinished, "the body does not end in CR LF");
    case State::kData:
    case State::kFinished:
      break;
  }
  return true;
}

}  // namespace junctor::net
