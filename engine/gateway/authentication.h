// Who may use the data plane: whoever shows the token of the configuration, or one that the control
// plane knows.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/config/secret.h"
#include "engine/directory/credential_scope.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// What a request shows.
enum class TokenVerdict : uint8_t {
  kNone,     // no token of ours
  kLacking,  // one that does not allow this: of another gateway, without the permission, expired
  kAllowed,
};

// Whether a request carries `token`: in `cf-aig-authorization`, and where that is absent where
// providers' keys stand: `Authorization` (as the OpenAI SDK sends its key), `x-api-key`,
// `x-goog-api-key`, … An empty `token` lets everybody in.
bool IsAuthenticated(const net::RequestHead& head, const Secret& token);

// The same where there is a control plane: the configured tokens of `credentials`, and those of its
// directory with Permission::kRun for `gateway`, are looked for in these places. An empty `gateway`
// is for what belongs to none: a token that allows to run or to read anything will do. Notes the
// use of the token that counts.
TokenVerdict FindVerdict(const net::RequestHead& head, const CredentialScope& credentials,
                         std::string_view gateway, int64_t now_unix_ms);

}  // namespace junctor::engine
