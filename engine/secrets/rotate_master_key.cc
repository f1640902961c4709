#include "engine/secrets/rotate_master_key.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/secrets/sealed_secret.h"

namespace junctor::engine {

absl::StatusOr<int64_t> RotateMasterKey(ControlStore* store, const MasterKeys& keys) {
  int64_t changed = 0;
  const absl::Status status = store->Change([&](ControlTransaction& transaction) -> absl::Status {
    changed = 0;
    absl::StatusOr<std::vector<SecretRow>> rows = transaction.AllSecrets();
    if (!rows.ok()) return rows.status();
    for (SecretRow& row : *rows) {
      if (row.master_key_id == keys.active().id) continue;
      absl::StatusOr<SealedSecret> sealed =
          RewrapSecret(keys, row.id, {std::move(row.sealed), std::move(row.master_key_id)});
      if (!sealed.ok()) return sealed.status();
      row.sealed = std::move(sealed->bytes);
      row.master_key_id = std::move(sealed->master_key_id);
      const absl::Status put = transaction.PutSecret(row);
      if (!put.ok()) return put;
      ++changed;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return changed;
}

}  // namespace junctor::engine
