// gzip, piece by piece, for a body that the client may see grow.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace junctor::engine {

class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // What `bytes` add to the compressed body; a client can decompress them at once.
  std::string Compress(std::string_view bytes);
  // What ends it.
  std::string Finish();

 private:
  std::string Run(std::string_view bytes, int flush);

  z_stream stream_{};
};

}  // namespace junctor::engine
