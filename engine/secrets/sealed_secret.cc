#include "engine/secrets/sealed_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

constexpr char kVersion = 1;
constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kBoxOverhead = kNonceBytes + kTagBytes;
constexpr size_t kWrappedKeyBytes = kKeyBytes + kBoxOverhead;

constexpr std::string_view kKeyPurpose = "junctor data key 1:";
constexpr std::string_view kSecretPurpose = "junctor secret 1:";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Bytes(std::string* text) { return reinterpret_cast<unsigned char*>(text->data()); }
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
int Size(std::string_view text) { return static_cast<int>(text.size()); }

// A text that is wiped when it goes.
class Wiped {
 public:
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text;
};

// nonce, `plain` encrypted, tag; nothing where OpenSSL fails.
std::optional<std::string> CloseBox(const unsigned char* key, std::string_view plain,
                                    std::string_view associated) {
  std::string box(kNonceBytes + plain.size() + kTagBytes, '\0');
  unsigned char* nonce = Bytes(&box);
  unsigned char* out = nonce + kNonceBytes;
  unsigned char* tag = out + plain.size();
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool done =
      cipher != nullptr && RAND_bytes(nonce, kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key, nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), Size(associated)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out, &size, Bytes(plain), Size(plain)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1;
  if (!done) return std::nullopt;
  return box;
}

// What is in the box; nothing where a bit of it, the key or `associated` is another one.
bool OpenBox(const unsigned char* key, std::string_view box, std::string_view associated,
             std::string* plain) {
  if (box.size() < kBoxOverhead) return false;
  const std::string_view nonce = box.substr(0, kNonceBytes);
  const std::string_view text = box.substr(kNonceBytes, box.size() - kBoxOverhead);
  std::string tag(box.substr(box.size() - kTagBytes));
  plain->assign(text.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  return cipher != nullptr &&
         EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key, Bytes(nonce)) == 1 &&
         EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), Size(associated)) ==
             1 &&
         EVP_DecryptUpdate(cipher.get(), Bytes(plain), &size, Bytes(text), Size(text)) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
         EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + size, &size) == 1;
}

std::string Associated(std::string_view purpose, std::string_view secret_id) {
  return std::string(purpose).append(secret_id);
}

absl::Status OpenSslError() { return absl::InternalError("OpenSSL gave no randomness or cipher"); }

absl::Status Damaged(std::string_view secret_id) {
  return absl::DataLossError("the stored secret `" + std::string(secret_id) +
                             "` can't be opened: its bytes were changed");
}

// The data key of `sealed`, opened by the master key that sealed it.
absl::Status OpenDataKey(const MasterKeys& keys, std::string_view secret_id,
                         const SealedSecret& sealed, std::string* data_key) {
  const MasterKey* master = keys.Find(sealed.master_key_id);
  if (master == nullptr) {
    return absl::FailedPreconditionError("the stored secret `" + std::string(secret_id) +
                                         "` was sealed with the master key " +
                                         sealed.master_key_id + ", which is not configured");
  }
  const std::string_view bytes = sealed.bytes;
  if (bytes.size() < 1 + kWrappedKeyBytes + kBoxOverhead) return Damaged(secret_id);
  if (bytes[0] != kVersion) {
    return absl::FailedPreconditionError("the stored secret `" + std::string(secret_id) +
                                         "` has the format " +
                                         std::to_string(static_cast<unsigned char>(bytes[0])) +
                                         "; this junctor knows format 1: a newer one wrote it");
  }
  const bool opened = OpenBox(master->bytes.data(), bytes.substr(1, kWrappedKeyBytes),
                              Associated(kKeyPurpose, secret_id), data_key);
  return opened && data_key->size() == kKeyBytes ? absl::OkStatus() : Damaged(secret_id);
}

}  // namespace

absl::StatusOr<SealedSecret> SealSecret(const MasterKeys& keys, std::string_view secret_id,
                                        const Secret& secret) {
  const std::string_view plain = secret.Reveal();
  if (plain.size() > kMaxSecretBytes) {
    return absl::InvalidArgumentError("the secret has " + std::to_string(plain.size()) +
                                      " bytes; at most " + std::to_string(kMaxSecretBytes) +
                                      " can be stored");
  }
  Wiped data_key;
  data_key.text.resize(kKeyBytes);
  if (RAND_priv_bytes(Bytes(&data_key.text), kKeyBytes) != 1) return OpenSslError();
  const auto wrapped =
      CloseBox(keys.active().bytes.data(), data_key.text, Associated(kKeyPurpose, secret_id));
  const auto box = CloseBox(Bytes(&data_key.text), plain, Associated(kSecretPurpose, secret_id));
  if (!wrapped || !box) return OpenSslError();
  return SealedSecret{std::string(1, kVersion) + *wrapped + *box, keys.active().id};
}

absl::StatusOr<Secret> OpenSecret(const MasterKeys& keys, std::string_view secret_id,
                                  const SealedSecret& sealed) {
  Wiped data_key;
  const absl::Status found = OpenDataKey(keys, secret_id, sealed, &data_key.text);
  if (!found.ok()) return found;
  std::string plain;
  const std::string_view box = std::string_view(sealed.bytes).substr(1 + kWrappedKeyBytes);
  if (!OpenBox(Bytes(&data_key.text), box, Associated(kSecretPurpose, secret_id), &plain)) {
    return Damaged(secret_id);
  }
  return Secret(std::move(plain));
}

absl::StatusOr<SealedSecret> RewrapSecret(const MasterKeys& keys, std::string_view secret_id,
                                          const SealedSecret& sealed) {
  Wiped data_key;
  const absl::Status found = OpenDataKey(keys, secret_id, sealed, &data_key.text);
  if (!found.ok()) return found;
  const auto wrapped =
      CloseBox(keys.active().bytes.data(), data_key.text, Associated(kKeyPurpose, secret_id));
  if (!wrapped) return OpenSslError();
  return SealedSecret{
      std::string(1, kVersion) + *wrapped + sealed.bytes.substr(1 + kWrappedKeyBytes),
      keys.active().id};
}

}  // namespace junctor::engine
