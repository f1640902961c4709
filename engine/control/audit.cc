// Entries of the audit log, and the ids that things get.
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "engine/control/control_plane.h"

namespace junctor::engine {

std::string NewUuid() {
  std::array<unsigned char, 16> bytes;
  // Without random numbers there can be no secrets either: nothing could be served safely.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);  // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);  // RFC 9562's variant
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 0x0F];
  }
  return text;
}

absl::Status WriteAudit(ControlTransaction& transaction, const Actor& actor, int64_t now_ms,
                        const AuditEntry& entry) {
  AuditRow row;
  row.id = NewUuid();
  row.when_ms = now_ms;
  row.actor_id = actor.id;
  row.actor_name = actor.name;
  row.actor_ip = actor.ip;
  row.interface = actor.interface;
  row.action_type = entry.action_type;
  row.action_info = entry.action_info;
  row.resource_type = entry.resource_type;
  row.resource_id = entry.resource_id;
  row.gateway_id = entry.gateway_id;
  row.old_value = entry.old_value;
  row.new_value = entry.new_value;
  return transaction.InsertAudit(row);
}

}  // namespace junctor::engine
