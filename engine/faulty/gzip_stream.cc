#include "engine/faulty/gzip_stream.h"

#include <array>

namespace junctor::engine {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window, in gzip's format
constexpr int kMemoryLevel = 8;           // zlib's default
constexpr size_t kPieceBytes = 16 * 1024;

}  // namespace

GzipStream::GzipStream() {
  (void)deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                     Z_DEFAULT_STRATEGY);
}

GzipStream::~GzipStream() { deflateEnd(&stream_); }

std::string GzipStream::Compress(std::string_view bytes) { return Run(bytes, Z_SYNC_FLUSH); }

std::string GzipStream::Finish() { return Run({}, Z_FINISH); }

std::string GzipStream::Run(std::string_view bytes, int flush) {
  std::string out;
  std::array<unsigned char, kPieceBytes> piece;
  // zlib only reads it; its interface is older than const.
  stream_.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_.next_out = piece.data();
    stream_.avail_out = static_cast<uInt>(piece.size());
    (void)deflate(&stream_, flush);
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size() - stream_.avail_out);
  } while (stream_.avail_out == 0);
  return out;
}

}  // namespace junctor::engine
