// Tokens that callers and operators show, as the gateway knows them: by their hash.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace junctor::engine {

// What a token allows. Bits of AccessToken::permissions.
enum class Permission : uint8_t {
  kRead = 1,  // admin API: look
  kEdit = 2,  // admin API: change
  kRun = 4,   // data plane
};

struct NamedPermission {
  Permission permission;
  std::string_view name;  // in requests, answers and the audit log
};
inline constexpr std::array<NamedPermission, 3> kPermissions = {{
    {Permission::kRead, "read"},
    {Permission::kEdit, "edit"},
    {Permission::kRun, "run"},
}};

using TokenHash = std::array<unsigned char, 32>;

// SHA-256. Tokens are 256 random bits, so that a fast hash is as good as a slow one.
TokenHash HashToken(std::string_view token);

// When something was used last, in Unix milliseconds; 0: never. Shared by every snapshot that
// knows the thing, written by the data plane, read by what saves it.
using LastUse = std::shared_ptr<std::atomic<int64_t>>;

// One token. Immutable but for its last use.
struct AccessToken {
  std::string id;
  std::string name;
  TokenHash hash{};
  uint8_t permissions = 0;      // Permission bits
  std::string gateway;          // the only one that it is good for; empty: all
  int64_t expires_unix_ms = 0;  // 0: never
  LastUse last_use;

  bool Allows(Permission permission, std::string_view gateway_id, int64_t now_unix_ms) const {
    return (permissions & static_cast<uint8_t>(permission)) != 0 &&
           (gateway.empty() || gateway == gateway_id) &&
           (expires_unix_ms == 0 || now_unix_ms < expires_unix_ms);
  }
};

}  // namespace junctor::engine
