#include "engine/net/base64.h"

#include <openssl/evp.h>

namespace junctor::net {

std::string EncodeBase64(std::string_view bytes) {
  // Four characters for three bytes, and the zero that OpenSSL writes.
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace junctor::net
