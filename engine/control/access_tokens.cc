#include "engine/control/access_tokens.h"

#include <utility>

#include "engine/config/secret.h"
#include "engine/directory/access_token.h"
#include "engine/observe/json_text.h"
#include "engine/secrets/token_text.h"

namespace junctor::engine {
namespace {

// What the audit log says of a token.
std::string AuditValue(const TokenRow& row) {
  std::string value = "{\"name\":";
  AppendJsonString(&value, row.name);
  value += ",\"permissions\":" + PermissionArray(row.permissions) + ",\"gateway\":";
  AppendJsonString(&value, row.gateway_id);
  value += ",\"preview\":";
  AppendJsonString(&value, row.preview);
  return value + "}";
}

// The audit entry and the change of a token that was made or went.
absl::Status NoteToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                       int64_t now_ms, bool is_new) {
  AuditEntry entry;
  entry.action_type = is_new ? "create" : "delete";
  entry.action_info = is_new ? "token created" : "token deleted";
  entry.resource_type = "ai_gateway.token";
  entry.resource_id = row.id;
  entry.gateway_id = row.gateway_id;
  (is_new ? entry.new_value : entry.old_value) = AuditValue(row);
  absl::Status status = WriteAudit(transaction, actor, now_ms, entry);
  if (!status.ok()) return status;
  return transaction.NoteChange(ChangeKind::kToken, row.id);
}

}  // namespace

absl::StatusOr<NewToken> MakeToken(std::string_view name, uint8_t permissions,
                                   std::string_view gateway, int64_t expires_ms, int64_t now_ms) {
  absl::StatusOr<Secret> text = NewTokenText();
  if (!text.ok()) return text.status();
  NewToken made;
  TokenRow& row = made.row;
  row.id = NewUuid();
  row.name = name;
  row.hash = HashToken(text->Reveal());
  row.preview = TokenPreview(*text);
  row.permissions = permissions;
  row.gateway_id = gateway;
  row.created_ms = now_ms;
  row.expires_ms = expires_ms;
  made.text = *std::move(text);
  return made;
}

std::string PermissionArray(uint8_t permissions) {
  std::string array = "[";
  for (const auto& [permission, name] : kPermissions) {
    if ((permissions & static_cast<uint8_t>(permission)) == 0) continue;
    if (array.size() > 1) array += ',';
    AppendJsonString(&array, name);
  }
  return array + "]";
}

absl::Status InsertToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms) {
  absl::Status status = transaction.InsertToken(row);
  if (!status.ok()) return status;
  return NoteToken(transaction, row, actor, now_ms, /*is_new=*/true);
}

absl::Status DeleteToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms) {
  absl::Status status = transaction.DeleteToken(row.id);
  if (!status.ok()) return status;
  return NoteToken(transaction, row, actor, now_ms, /*is_new=*/false);
}

}  // namespace junctor::engine
