#include "engine/faulty/tls_faults.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace junctor::engine {
namespace {

constexpr long kDay = 24 * 60 * 60;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;

struct Identity {
  KeyPtr key;
  CertificatePtr certificate;
};

struct CertificateWish {
  const char* common_name;
  const char* constraints;  // basicConstraints
  const char* names;        // subjectAltName; null: none
  long from;                // seconds from now
  long until;
};

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A certificate signed by `issuer`, or by itself where that is null.
absl::StatusOr<Identity> MakeIdentity(const CertificateWish& wish, const Identity* issuer,
                                      long serial) {
  Identity made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  X509* certificate = made.certificate.get();
  if (made.key == nullptr || certificate == nullptr) {
    return absl::InternalError("cannot make a key for TLS");
  }
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  EVP_PKEY* signing_key = issuer == nullptr ? made.key.get() : issuer->key.get();
  const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name);
  const bool ok = X509_set_version(certificate, X509_VERSION_3) == 1 &&
                  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 &&
                  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from) != nullptr &&
                  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until) != nullptr &&
                  X509_set_pubkey(certificate, made.key.get()) == 1 &&
                  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                             MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
                  X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1 &&
                  AddExtension(certificate, signer, NID_basic_constraints, wish.constraints) &&
                  AddExtension(certificate, signer, NID_subject_key_identifier, "hash") &&
                  (wish.names == nullptr ||
                   AddExtension(certificate, signer, NID_subject_alt_name, wish.names)) &&
                  X509_sign(certificate, signing_key, EVP_sha256()) > 0;
  if (!ok) return absl::InternalError("cannot make a certificate for TLS");
  return made;
}

std::string PemOf(X509* certificate) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

CertificateWish WishOf(TlsMode mode) {
  CertificateWish wish = {"junctor faulty provider", "critical,CA:FALSE",
                          "DNS:localhost,IP:127.0.0.1,IP:::1", -kDay, 30 * kDay};
  if (mode == TlsMode::kExpired) {
    wish.from = -30 * kDay;
    wish.until = -kDay;
  }
  if (mode == TlsMode::kWrongHost) wish.names = "DNS:wrong.example";
  return wish;
}

}  // namespace

absl::StatusOr<TlsIdentity> MakeTlsIdentity(TlsMode mode) {
  const absl::StatusOr<Identity> authority = MakeIdentity(
      {"junctor faulty provider's authority", "critical,CA:TRUE", nullptr, -60 * kDay, 60 * kDay},
      nullptr, 1);
  if (!authority.ok()) return authority.status();
  const bool signs_itself = mode == TlsMode::kSelfSigned;
  const absl::StatusOr<Identity> own =
      MakeIdentity(WishOf(mode), signs_itself ? nullptr : &*authority, 2);
  if (!own.ok()) return own.status();

  TlsIdentity identity;
  identity.context.reset(SSL_CTX_new(TLS_server_method()));
  if (identity.context == nullptr ||
      SSL_CTX_use_certificate(identity.context.get(), own->certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(identity.context.get(), own->key.get()) != 1) {
    return absl::InternalError("cannot prepare TLS");
  }
  if (!signs_itself) identity.authority_pem = PemOf(authority->certificate.get());
  return identity;
}

}  // namespace junctor::engine
