#include "engine/net/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include "engine/net/transport.h"

namespace junctor::net {
namespace {

constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int SlotIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int OnNewSession(SSL* tls, SSL_SESSION* session) {
  auto* slot = static_cast<TlsSessionSlot*>(SSL_get_ex_data(tls, SlotIndex()));
  if (slot == nullptr) return 0;
  slot->Store(session);
  return 1;
}

bool IsNumericAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

TlsClientContext::Impl::~Impl() { SSL_CTX_free(context); }

TlsClientContext::TlsClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClientContext::~TlsClientContext() = default;

absl::StatusOr<std::shared_ptr<const TlsClientContext>> TlsClientContext::Create(
    const std::string& ca_file) {
  auto impl = std::make_unique<Impl>();
  impl->context = SSL_CTX_new(TLS_client_method());
  SSL_CTX* context = impl->context;
  if (context == nullptr) {
    return absl::InternalError("cannot set up TLS: " + TlsErrorText("OpenSSL gives no reason"));
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, OnNewSession);
  if (SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) != 0) {
    return absl::InternalError("cannot set up TLS: ALPN refused");
  }
  if (SSL_CTX_set_default_verify_paths(context) != 1) {
    return absl::InternalError("cannot use the system's certificate store: " +
                               TlsErrorText("OpenSSL gives no reason"));
  }
  if (!ca_file.empty() && SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return absl::InvalidArgumentError(
        "CA file " + ca_file + " cannot be used: " + TlsErrorText("it holds no PEM certificate"));
  }
  ERR_clear_error();
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(std::move(impl)));
}

TlsSessionSlot::~TlsSessionSlot() { SSL_SESSION_free(session_); }

void TlsSessionSlot::Store(SSL_SESSION* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

SSL* NewTlsClient(const TlsClientContext& context, int fd, const std::string& host,
                  TlsSessionSlot& slot) {
  SSL* tls = SSL_new(context.impl().context);
  if (tls == nullptr) return nullptr;
  bool ok = SSL_set_fd(tls, fd) == 1;
  if (IsNumericAddress(host)) {
    ok = ok && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
  } else {
    ok = ok && SSL_set_tlsext_host_name(tls, host.c_str()) == 1 &&
         SSL_set1_host(tls, host.c_str()) == 1;
  }
  ok = ok && SSL_set_ex_data(tls, SlotIndex(), &slot) == 1;
  if (!ok) {
    SSL_free(tls);
    return nullptr;
  }
  if (slot.get() != nullptr) SSL_set_session(tls, slot.get());
  return tls;
}

}  // namespace junctor::net
