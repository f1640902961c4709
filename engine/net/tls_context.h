// OpenSSL behind TlsClientContext: one SSL_CTX for all loops. Internal to engine/net.
#pragma once

#include <string>

#include "engine/net/client.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace junctor::net {

struct TlsClientContext::Impl {
  ssl_ctx_st* context = nullptr;
  ~Impl();
};

// The newest session of one upstream, for an abbreviated handshake. Used on one thread.
class TlsSessionSlot {
 public:
  TlsSessionSlot() = default;
  TlsSessionSlot(const TlsSessionSlot&) = delete;
  TlsSessionSlot& operator=(const TlsSessionSlot&) = delete;
  ~TlsSessionSlot();

  // Takes ownership.
  void Store(ssl_session_st* session);
  ssl_session_st* get() const { return session_; }

 private:
  ssl_session_st* session_ = nullptr;
};

// A TLS client on `fd` for `host`: SNI sent, certificate and host name verified, session offered
// from `slot` and kept there. Null when OpenSSL refuses. The slot must outlive it.
ssl_st* NewTlsClient(const TlsClientContext& context, int fd, const std::string& host,
                     TlsSessionSlot& slot);

}  // namespace junctor::net
