// Certificates for the faulty provider, good ones and bad ones, made when it starts.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/faulty/tls_mode.h"

namespace junctor::engine {

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextFree>;

struct TlsIdentity {
  SslContextPtr context;
  std::string authority_pem;  // what a client must trust; empty: nothing makes it trust this
};

// A server's context with the certificate of a mode that has one. Internal: OpenSSL could not make
// it.
absl::StatusOr<TlsIdentity> MakeTlsIdentity(TlsMode mode);

}  // namespace junctor::engine
