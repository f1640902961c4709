#include "engine/net/content_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>

#include "engine/net/http_types.h"

namespace junctor::net {
namespace {

// Window bits as zlib's inflateInit2 wants them for its three formats.
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = 15 + 16;
constexpr int kRawWindow = -15;
// The header of zlib's wrapping.
constexpr size_t kZlibHeaderBytes = 2;
constexpr size_t kOutputStep = 32 * 1024;

// RFC 1950: method 8 in the low bits, and the two bytes a multiple of 31.
bool IsZlibHeader(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

}  // namespace

struct ContentDecoder::State {
  enum class Coding { kIdentity, kGzip, kDeflate };

  State(Coding c, ContentLimits l) : coding(c), limits(l) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (open) inflateEnd(&stream);
  }

  absl::Status Open(int window) {
    if (inflateInit2(&stream, window) != Z_OK) {
      return absl::ResourceExhaustedError("no memory to decompress the body");
    }
    open = true;
    return absl::OkStatus();
  }

  absl::Status Malformed() const {
    std::string text = "the body is not valid ";
    text += coding == Coding::kGzip ? "gzip" : "deflate";
    if (stream.msg != nullptr) text += std::string(": ") + stream.msg;
    return absl::InvalidArgumentError(text);
  }

  // How many bytes may still come out.
  uint64_t Allowed() const {
    uint64_t most = limits.max_output_bytes;
    if (limits.max_ratio > 0) {
      // Input is far below 2^32 bytes as long as the output limit is not absurd.
      most = std::min(most, std::max(kRatioFreeBytes, total_in * limits.max_ratio));
    }
    return most > total_out ? most - total_out : 0;
  }

  absl::Status TooLarge() const {
    if (limits.max_output_bytes <= total_out) {
      return absl::ResourceExhaustedError("the body is over the limit of " +
                                          std::to_string(limits.max_output_bytes) +
                                          " bytes once decompressed");
    }
    return absl::ResourceExhaustedError("the body is over " + std::to_string(limits.max_ratio) +
                                        " times its size once decompressed");
  }

  absl::Status Copy(std::string_view in, std::string* out) {
    if (in.size() > limits.max_output_bytes - total_out) {
      return absl::ResourceExhaustedError("the body is over the limit of " +
                                          std::to_string(limits.max_output_bytes) + " bytes");
    }
    total_out += in.size();
    out->append(in);
    return absl::OkStatus();
  }

  absl::Status Inflate(std::string_view in, std::string* out);
  absl::Status Decode(std::string_view in, std::string* out);
  absl::Status Finish() const;

  const Coding coding;
  const ContentLimits limits;
  z_stream stream{};
  bool open = false;          // stream is initialised
  bool in_member = false;     // bytes of a stream (gzip: of the current member) have come
  bool member_ended = false;  // and its end
  std::string prefix;         // of a deflate body, until its wrapping is known
  uint64_t total_in = 0;
  uint64_t total_out = 0;
  absl::Status error;
};

absl::Status ContentDecoder::State::Inflate(std::string_view in, std::string* out) {
  while (!in.empty()) {
    if (member_ended) {
      if (coding != Coding::kGzip) {
        return absl::InvalidArgumentError("the body goes on after the end of its deflate stream");
      }
      // A further member, or garbage, which its first bytes tell.
      inflateReset(&stream);
      member_ended = false;
    }
    in_member = true;
    const size_t taken = std::min<size_t>(in.size(), UINT_MAX);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(taken);
    while (true) {
      // One byte more than allowed: whether there is more decides.
      std::array<char, kOutputStep> step;
      const uint64_t allowed = Allowed();
      const uint64_t room = std::min<uint64_t>(step.size(), allowed + 1);
      stream.next_out = reinterpret_cast<Bytef*>(step.data());
      stream.avail_out = static_cast<uInt>(room);
      const int result = inflate(&stream, Z_NO_FLUSH);
      const uint64_t produced = room - stream.avail_out;
      out->append(step.data(), static_cast<size_t>(std::min(produced, allowed)));
      total_out += std::min(produced, allowed);
      if (produced > allowed) return TooLarge();
      if (result == Z_STREAM_END) {
        member_ended = true;
        in_member = false;
        break;
      }
      if (result == Z_BUF_ERROR) break;  // no progress possible: more input is needed
      if (result == Z_MEM_ERROR) {
        return absl::ResourceExhaustedError("no memory to decompress the body");
      }
      if (result != Z_OK) return Malformed();
      if (stream.avail_in == 0 && stream.avail_out > 0) break;
    }
    in.remove_prefix(taken - stream.avail_in);
  }
  return absl::OkStatus();
}

absl::Status ContentDecoder::State::Decode(std::string_view in, std::string* out) {
  if (in.empty()) return absl::OkStatus();
  if (coding == Coding::kIdentity) return Copy(in, out);
  total_in += in.size();
  if (open) return Inflate(in, out);
  if (coding == Coding::kGzip) {
    if (absl::Status failed = Open(kGzipWindow); !failed.ok()) return failed;
    return Inflate(in, out);
  }
  prefix.append(in);
  if (prefix.size() < kZlibHeaderBytes) return absl::OkStatus();
  const int window = IsZlibHeader(prefix) ? kZlibWindow : kRawWindow;
  if (absl::Status failed = Open(window); !failed.ok()) return failed;
  const std::string begun = std::move(prefix);
  return Inflate(begun, out);
}

absl::Status ContentDecoder::State::Finish() const {
  // A body of no bytes at all is taken as empty: so are answers without content labelled.
  if (!in_member && prefix.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("the compressed body is cut off after " +
                                    std::to_string(total_in) + " bytes");
}

absl::StatusOr<ContentDecoder> ContentDecoder::Create(std::string_view content_encoding,
                                                      ContentLimits limits) {
  using Coding = State::Coding;
  Coding coding = Coding::kIdentity;
  if (EqualsIgnoreCase(content_encoding, "gzip") || EqualsIgnoreCase(content_encoding, "x-gzip")) {
    coding = Coding::kGzip;
  } else if (EqualsIgnoreCase(content_encoding, "deflate")) {
    coding = Coding::kDeflate;
  } else if (!content_encoding.empty() && !EqualsIgnoreCase(content_encoding, "identity")) {
    return absl::UnimplementedError("Content-Encoding \"" + std::string(content_encoding) +
                                    "\" is not supported; expected gzip, deflate or identity");
  }
  return ContentDecoder(std::make_unique<State>(coding, limits));
}

ContentDecoder::ContentDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;
ContentDecoder::~ContentDecoder() = default;

bool ContentDecoder::identity() const { return state_->coding == State::Coding::kIdentity; }

absl::Status ContentDecoder::Decode(std::string_view in, std::string* out) {
  if (state_->error.ok()) state_->error = state_->Decode(in, out);
  return state_->error;
}

absl::Status ContentDecoder::Finish() {
  if (state_->error.ok()) state_->error = state_->Finish();
  return state_->error;
}

}  // namespace junctor::net
