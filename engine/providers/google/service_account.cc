#include "engine/providers/google/service_account.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/json_writer.h"
#include "engine/providers/google/vertex_names.h"

namespace junctor::engine {
namespace {

constexpr int64_t kAssertionSeconds = 3600;  // the longest that Google accepts
constexpr size_t kMaxNameBytes = 256;        // of e-mail and key id
// Google's keys have 2048 bits, old ones 1024. Larger ones would hold up the event loop for longer
// than a signature is worth.
constexpr int kMinKeyBits = 1024;
constexpr int kMaxKeyBits = 4096;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError("the service account's key: " + std::string(what));
}

bool IsPlainText(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

// An encrypted key must not make OpenSSL ask for its password at the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

std::unique_ptr<EVP_PKEY, Free> ReadPrivateKey(std::string_view pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return nullptr;
  return std::unique_ptr<EVP_PKEY, Free>(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
}

std::optional<std::string> SignSha256(EVP_PKEY* key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return std::nullopt;
  }
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, bytes, text.size()) != 1) return std::nullopt;
  signature.resize(size);
  return signature;
}

std::string Base64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace

std::string ServiceAccount::Identity() const {
  const std::string_view key = private_key.Reveal();
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  // None of the names holds white space.
  return client_email + "\n" + private_key_id + "\n" + token_uri + "\n" + digest;
}

absl::StatusOr<ServiceAccount> ParseServiceAccountJson(
    std::string_view json, std::span<const std::string> allowed_token_origins) {
  if (json.size() > kMaxServiceAccountBytes) {
    return Wrong("it has " + std::to_string(json.size()) + " bytes, at most " +
                 std::to_string(kMaxServiceAccountBytes) + " are read");
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
    return Wrong("it is no JSON object");
  if (const std::string_view type = TextMember(object, "type");
      !type.empty() && type != "service_account") {
    return Wrong("its type is another than \"service_account\": only those make tokens here");
  }
  ServiceAccount account;
  account.client_email = TextMember(object, "client_email");
  account.private_key_id = TextMember(object, "private_key_id");
  account.private_key = Secret(std::string(TextMember(object, "private_key")));
  account.project_id = TextMember(object, "project_id");
  account.region = TextMember(object, "region");
  account.token_uri = TextMember(object, "token_uri");
  if (account.client_email.empty()) return Wrong("client_email is missing");
  if (account.private_key.empty()) return Wrong("private_key is missing");
  if (!IsPlainText(account.client_email)) return Wrong("client_email is no e-mail address");
  if (!IsPlainText(account.private_key_id)) return Wrong("private_key_id is no key's id");
  if (!account.project_id.empty() && !IsVertexProject(account.project_id))
    return Wrong("project_id is no project's id");
  if (!account.region.empty() && !IsVertexRegion(account.region))
    return Wrong("region is none: expected one like \"us-central1\" or \"global\"");
  if (account.token_uri.empty()) account.token_uri = kGoogleTokenUri;
  absl::StatusOr<TokenEndpoint> endpoint = ReadTokenUri(account.token_uri, allowed_token_origins);
  if (!endpoint.ok()) return endpoint.status();
  account.token_endpoint = *std::move(endpoint);
  return account;
}

absl::StatusOr<ServiceAccount> ParseServiceAccount(
    std::string_view text, std::span<const std::string> allowed_token_origins) {
  const absl::string_view stripped =
      absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
  if (!stripped.empty() && stripped.front() == '{') {
    return ParseServiceAccountJson({stripped.data(), stripped.size()}, allowed_token_origins);
  }
  if (stripped.size() > 2 * kMaxServiceAccountBytes) {
    return Wrong("its base64 has " + std::to_string(stripped.size()) + " bytes, at most " +
                 std::to_string(2 * kMaxServiceAccountBytes) + " are read");
  }
  std::string json;
  if (stripped.empty() || !absl::Base64Unescape(stripped, &json))
    return Wrong("it is neither a JSON object nor base64 of one");
  return ParseServiceAccountJson(json, allowed_token_origins);
}

absl::StatusOr<std::string> MakeAssertion(const ServiceAccount& account, std::string_view scope,
                                          int64_t unix_seconds) {
  const std::unique_ptr<EVP_PKEY, Free> key = ReadPrivateKey(account.private_key.Reveal());
  // What went wrong must not be found by this thread's next TLS connection.
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return Wrong("private_key is no RSA key in PEM");
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < kMinKeyBits || bits > kMaxKeyBits) {
    return Wrong("private_key has " + std::to_string(bits) + " bits, expected " +
                 std::to_string(kMinKeyBits) + " to " + std::to_string(kMaxKeyBits));
  }
  std::string header;
  JsonWriter head(&header);
  head.BeginObject().Key("alg").String("RS256").Key("typ").String("JWT");
  if (!account.private_key_id.empty()) head.Key("kid").String(account.private_key_id);
  head.EndObject();
  std::string claims;
  JsonWriter(&claims)
      .BeginObject()
      .Key("iss")
      .String(account.client_email)
      .Key("scope")
      .String(scope)
      .Key("aud")
      .String(account.token_uri)
      .Key("iat")
      .Integer(unix_seconds)
      .Key("exp")
      .Integer(unix_seconds + kAssertionSeconds)
      .EndObject();
  std::string assertion = Base64Url(header) + "." + Base64Url(claims);
  std::optional<std::string> signature = SignSha256(key.get(), assertion);
  ERR_clear_error();
  if (!signature) return Wrong("private_key does not sign");
  return assertion + "." + Base64Url(*signature);
}

}  // namespace junctor::engine
