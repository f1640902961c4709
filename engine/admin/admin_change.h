// What handlers of changes share: the entry in the audit log, the note for those who follow, and
// the errors of transactions.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "engine/admin/admin_request.h"
#include "engine/control/control_error.h"
#include "engine/control/control_plane.h"
#include "engine/store/control_rows.h"
#include "engine/store/control_store.h"

namespace junctor::engine {

// `status` as the result of a change's work.
ControlResult<std::monostate> AsResult(const absl::Status& status);

// Writes `entry` for the one who sent `request`, and notes that `changed_id` has to be read again.
absl::Status Record(ControlTransaction& transaction, const ControlPlane& control,
                    const AdminRequest& request, ChangeKind kind, std::string_view changed_id,
                    const AuditEntry& entry);

// `id`, as a path has it, was not found: "gateway `x` not found".
ControlErrors NotFoundError(std::string_view what, std::string_view id);

// An error about the member `field` of the body with the status 409.
ControlErrors DuplicateError(std::string_view message, std::string_view field);

// The errors of both, one after the other; at least one has some.
ControlErrors Joined(const ControlErrors& first, const ControlErrors& second);

// What `find` gives, in a transaction that reads.
template <typename Find>
auto ReadOne(ControlPlane& control, Find find) {
  std::optional<decltype(find(std::declval<ControlTransaction&>()))> found;
  const auto done = control.Read([&](ControlTransaction& transaction) {
    found = find(transaction);
    if (!found->ok()) return ControlResult<std::monostate>(found->errors());
    return ControlResult<std::monostate>(std::monostate());
  });
  if (!done.ok()) found = done.errors();
  return *std::move(found);
}

// NotFound where the gateway does not exist.
ControlResult<GatewayRow> MustFindGateway(ControlTransaction& transaction, std::string_view id);

}  // namespace junctor::engine
