#include "engine/providers/credentials.h"

#define XXH_INLINE_ALL  // header-only use
#include <xxhash.h>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "engine/observe/ids.h"
#include "engine/providers/chat/credential_token.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// Whether a credential header of the caller holds the gateway's own token, under whatever scheme.
bool IsGatewayToken(const ModelRequest& request, std::string_view value) {
  return request.credentials.IsGatewayToken(TokenOf(value));
}

// Drawn once a process, so that ids tell nothing about secrets outside of it.
uint64_t ProcessSeed() {
  static const uint64_t seed = RandomSource().Next();
  return seed;
}

}  // namespace

void FoundKey::NoteUse() const {
  if (stored == nullptr || stored->last_use == nullptr) return;
  stored->last_use->store(absl::ToUnixMillis(absl::Now()), std::memory_order_relaxed);
}

absl::StatusOr<FoundKey> FindKey(const ProviderRecord& record, std::string_view alias,
                                 const CredentialScope& credentials) {
  FoundKey found;
  found.stored = credentials.FindStoredKey(record.slug, alias);
  if (found.stored != nullptr) {
    found.key = found.stored->key.Reveal();
    return found;
  }
  const bool may_use_configured = credentials.configured_keys_serve();
  if (!alias.empty()) {
    const auto configured = record.keys.find(alias);
    if (configured != record.keys.end() && may_use_configured) {
      found.key = configured->second.Reveal();
      return found;
    }
    if (alias != "default") {
      return absl::InvalidArgumentError("the provider `" + record.slug +
                                        "` has no key with the alias `" + std::string(alias) + "`");
    }
  }
  if (may_use_configured) found.key = record.key.Reveal();
  return found;
}

std::string_view CallerKey(const ModelRequest& request, const ProviderRecord& record) {
  if (const std::string_view* value = request.caller_headers->Find("authorization")) {
    if (value->size() > kBearer.size() &&
        net::EqualsIgnoreCase(value->substr(0, kBearer.size()), kBearer) &&
        !IsGatewayToken(request, *value)) {
      return value->substr(kBearer.size());
    }
  }
  if (record.auth_header == "authorization") return {};
  const std::string_view* own = request.caller_headers->Find(record.auth_header);
  return own == nullptr || IsGatewayToken(request, *own) ? std::string_view() : *own;
}

absl::Status UnsendableKey(const ProviderRecord& record) {
  return absl::InvalidArgumentError("the key of the provider `" + record.slug +
                                    "` has control characters: it can't be sent in a header");
}

uint64_t CredentialId(std::string_view secret) {
  return XXH64(secret.data(), secret.size(), ProcessSeed()) | 1;
}

absl::StatusOr<Credential> MakeCredential(const ModelRequest& request,
                                          const ProviderRecord& record) {
  const absl::StatusOr<FoundKey> found = FindKey(record, request.byok_alias, request.credentials);
  if (!found.ok()) return found.status();
  found->NoteUse();
  Credential credential;
  const std::string_view key = *found ? found->key : CallerKey(request, record);
  if (!net::IsValidHeaderValue(key)) return UnsendableKey(record);
  if (!key.empty()) {
    credential.id = CredentialId(key);
    if (record.format == ChatFormat::kAnthropic && IsAnthropicOAuthToken(key)) {
      credential.lines.append("authorization: Bearer ");
    } else {
      credential.lines.append(record.auth_header).append(": ").append(record.auth_prefix);
    }
    credential.lines.append(key).append("\r\n");
    return credential;
  }
  // Another scheme than Bearer: as the caller sent it.
  const std::string_view* value = request.caller_headers->Find("authorization");
  if (value != nullptr && !IsGatewayToken(request, *value)) {
    credential.id = CredentialId(*value);
    credential.lines.append("authorization: ").append(*value).append("\r\n");
  }
  return credential;
}

}  // namespace junctor::engine
