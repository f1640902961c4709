// Tokens that are made: their text, their row, their entry in the audit log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/secret.h"
#include "engine/control/control_plane.h"
#include "engine/store/control_store.h"

namespace junctor::engine {

// A token and the only copy of its text.
struct NewToken {
  TokenRow row;
  Secret text;
};

// `permissions`: bits of Permission; `gateway`: empty for all; `expires_ms`: 0 for never. Internal
// where the system gives no randomness.
absl::StatusOr<NewToken> MakeToken(std::string_view name, uint8_t permissions,
                                   std::string_view gateway, int64_t expires_ms, int64_t now_ms);

// "read,edit" as a JSON array of names: `["read","edit"]`.
std::string PermissionArray(uint8_t permissions);

// Inserts it, with its audit entry and its change, as part of a transaction.
absl::Status InsertToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms);
absl::Status DeleteToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms);

}  // namespace junctor::engine
