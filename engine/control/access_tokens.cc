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

AuditEntry EntryOf(const TokenRow& row) {
  AuditEntry entry;
  entry.resource_type = "ai_gateway.token";
  entry.resource_id = row.id;
  entry.gateway_id = row.gateway_id;
  return entry;
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
  const auto add = [&array, permissions](Permission permission, const char* name) {
    if ((permissions & static_cast<uint8_t>(permission)) == 0) return;
    if (array.size() > 1) array += ',';
    AppendJsonString(&array, name);
  };
  add(Permission::kRead, "read");
  add(Permission::kEdit, "edit");
  add(Permission::kRun, "run");
  return array + "]";
}

absl::Status InsertToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms) {
  absl::Status status = transaction.InsertToken(row);
  if (!status.ok()) return status;
  AuditEntry entry = EntryOf(row);
  entry.action_type = "create";
  entry.action_info = "token created";
  entry.new_value = AuditValue(row);
  if (status = WriteAudit(transaction, actor, now_ms, entry); !status.ok()) return status;
  return transaction.NoteChange(ChangeKind::kToken, row.id);
}

absl::Status DeleteToken(ControlTransaction& transaction, const TokenRow& row, const Actor& actor,
                         int64_t now_ms) {
  absl::Status status = transaction.DeleteToken(row.id);
  if (!status.ok()) return status;
  AuditEntry entry = EntryOf(row);
  entry.action_type = "delete";
  entry.action_info = "token deleted";
  entry.old_value = AuditValue(row);
  if (status = WriteAudit(transaction, actor, now_ms, entry); !status.ok()) return status;
  return transaction.NoteChange(ChangeKind::kToken, row.id);
}

}  // namespace junctor::engine
