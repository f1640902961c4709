// Texts of tokens, and what of a token or key may be shown.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/secret.h"

namespace junctor::engine {

// How every token of ours begins.
inline constexpr std::string_view kTokenPrefix = "jct_";

// A new token: kTokenPrefix and 32 random bytes in base64url (43 characters). Internal where the
// system gives no randomness.
absl::StatusOr<Secret> NewTokenText();

// `jct_AbCd…wxyz`: tells tokens apart, and leaves 35 of 43 characters unknown.
std::string TokenPreview(const Secret& token);

// Of a provider's key: `sk-a…wxyz`. Of one under 24 characters at most two are shown, of one under
// 12, or one with other than printable ASCII characters (a key file), nothing.
std::string KeyPreview(const Secret& key);

}  // namespace junctor::engine
