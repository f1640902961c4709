#include "engine/admin/admin_change.h"

#include <string>
#include <utility>

namespace junctor::engine {

ControlResult<std::monostate> AsResult(const absl::Status& status) {
  if (!status.ok()) return ControlPlane::FromStatus(status);
  return std::monostate();
}

absl::Status Record(ControlTransaction& transaction, const ControlPlane& control,
                    const AdminRequest& request, ChangeKind kind, std::string_view changed_id,
                    const AuditEntry& entry) {
  absl::Status status = WriteAudit(transaction, request.actor, control.now_ms(), entry);
  if (!status.ok()) return status;
  return transaction.NoteChange(kind, changed_id);
}

ControlErrors NotFoundError(std::string_view what, std::string_view id) {
  return ControlErrors::NotFound(std::string(what) + " `" + std::string(id) + "` not found");
}

ControlErrors DuplicateError(std::string_view message, std::string_view field) {
  return ControlErrors::One(409, kCodeDuplicate, std::string(message),
                            {"body", std::string(field)});
}

ControlErrors Joined(const ControlErrors& first, const ControlErrors& second) {
  ControlErrors joined = first;
  joined.errors.insert(joined.errors.end(), second.errors.begin(), second.errors.end());
  return joined;
}

ControlResult<GatewayRow> MustFindGateway(ControlTransaction& transaction, std::string_view id) {
  auto row = transaction.FindGateway(id);
  if (!row.ok()) return ControlPlane::FromStatus(row.status());
  if (!row->has_value()) return NotFoundError("gateway", id);
  return **std::move(row);
}

}  // namespace junctor::engine
