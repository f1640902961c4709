// Undoes Content-Encoding: gzip and deflate, in pieces of any size. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace junctor::net {

// What a body may become at most, so that a small one cannot fill the memory.
struct ContentLimits {
  uint64_t max_output_bytes = 0;  // of the whole body, decoded
  // How many times its own size; 0: any. Checked once the output is beyond
  // ContentDecoder::kRatioFreeBytes, since tiny bodies may well shrink a lot.
  uint32_t max_ratio = 0;
};

// One body. Movable. After an error every call fails the same way.
class ContentDecoder {
 public:
  static constexpr uint64_t kRatioFreeBytes = 64 * 1024;

  // `content_encoding`: the header's value, "" when absent. Known in any case: identity, gzip,
  // x-gzip, deflate (in zlib's wrapping, as RFC 9110 says, or raw, as some send it). Another, or a
  // list of several, is Unimplemented and named.
  static absl::StatusOr<ContentDecoder> Create(std::string_view content_encoding,
                                               ContentLimits limits);
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;
  ~ContentDecoder();

  // True when bytes pass unchanged (the output limit holds nonetheless).
  bool identity() const;

  // Appends what `in` decodes to, as far as it is known. InvalidArgument: the bytes are not of the
  // coding, or go on after its end (gzip: other than with a further member). ResourceExhausted: a
  // limit is passed; what was appended before stays within it.
  absl::Status Decode(std::string_view in, std::string* out);

  // To be called after the last byte. InvalidArgument: the body was cut off.
  absl::Status Finish();

 private:
  struct State;
  explicit ContentDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace junctor::net
