// Service accounts with keys made at test time: no key stands in the repository.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine::testing {

// A throw-away RSA key.
class TestKey {
 public:
  explicit TestKey(unsigned bits = 2048) : key_(EVP_RSA_gen(bits)) {}

  // PKCS#8 in PEM.
  std::string Pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr),
              1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string pem(data, static_cast<size_t>(size));
    BIO_free(bio);
    return pem;
  }

  // Whether `signature` is this key's of `text`, RSASSA-PKCS1-v1_5 with SHA-256.
  bool Verifies(std::string_view text, std::string_view signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
    const int result = EVP_DigestVerify(
        context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
        reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return result == 1;
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
};

// One key for all tests of a binary: making one takes a while.
inline const TestKey& SharedKey() {
  static const TestKey key;
  return key;
}

// The JSON of an account; empty members are left out.
struct AccountText {
  std::string client_email = "robot@project-1.iam.gserviceaccount.com";
  std::string private_key_id = "key-1";
  std::string private_key = SharedKey().Pem();
  std::string project_id = "project-1";
  std::string region = "us-central1";
  std::string token_uri = "https://oauth2.googleapis.com/token";
  std::string type = "service_account";

  std::string Json() const {
    std::string out;
    JsonWriter writer(&out);
    writer.BeginObject();
    const auto member = [&writer](std::string_view key, const std::string& value) {
      if (!value.empty()) writer.Key(key).String(value);
    };
    member("type", type);
    member("project_id", project_id);
    member("private_key_id", private_key_id);
    member("private_key", private_key);
    member("client_email", client_email);
    member("token_uri", token_uri);
    member("region", region);
    writer.EndObject();
    return out;
  }

  std::string Base64() const { return absl::Base64Escape(Json()); }
};

}  // namespace junctor::engine::testing
