// ControlTransaction's audit log, and the changes that instances follow.
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_schema.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kAuditColumns =
    "id, when_ms, actor_id, actor_name, actor_ip, interface, action_type, action_info, result, "
    "resource_type, resource_id, gateway_id, old_value, new_value";

AuditRow ReadAudit(SqlRow& row) {
  AuditRow entry;
  entry.id = row.Text();
  entry.when_ms = row.Integer();
  entry.actor_id = row.Text();
  entry.actor_name = row.Text();
  entry.actor_ip = row.Text();
  entry.interface = row.Text();
  entry.action_type = row.Text();
  entry.action_info = row.Text();
  entry.result = row.Flag();
  entry.resource_type = row.Text();
  entry.resource_id = row.Text();
  entry.gateway_id = row.Text();
  entry.old_value = row.Text();
  entry.new_value = row.Text();
  return entry;
}

ChangeRow ReadChange(SqlRow& row) {
  ChangeRow change;
  change.sequence = row.Integer();
  change.kind = static_cast<ChangeKind>(row.Integer());
  change.id = row.Text();
  return change;
}

}  // namespace

absl::Status ControlTransaction::InsertAudit(const AuditRow& row) {
  return Insert(session_,
                "INSERT INTO audit (number, " + std::string(kAuditColumns) +
                    ") VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM audit), "
                    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {SqlText(row.id), row.when_ms, SqlText(row.actor_id), SqlText(row.actor_name),
                 SqlText(row.actor_ip), SqlText(row.interface), SqlText(row.action_type),
                 SqlText(row.action_info), SqlFlag(row.result), SqlText(row.resource_type),
                 SqlText(row.resource_id), SqlText(row.gateway_id), SqlText(row.old_value),
                 SqlText(row.new_value)},
                "there is an audit entry `" + row.id + "` already");
}

absl::StatusOr<Page<AuditRow>> ControlTransaction::ListAudit(const AuditFilter& filter,
                                                             PageOf page) {
  std::string from = "audit WHERE 1 = 1";
  SqlParameters parameters;
  const auto time = [&](std::string_view condition, int64_t value) {
    if (value == 0) return;
    from.append(" AND ").append(condition);
    parameters.emplace_back(value);
  };
  const auto text = [&](std::string_view condition, const std::string& value) {
    if (value.empty()) return;
    from.append(" AND ").append(condition);
    parameters.push_back(SqlText(value));
  };
  time("when_ms >= ?", filter.since_ms);
  time("when_ms < ?", filter.before_ms);
  text("actor_name = ?", filter.actor_name);
  text("actor_ip = ?", filter.actor_ip);
  text("action_type = ?", filter.action_type);
  text("resource_type = ?", filter.resource_type);
  text("resource_id = ?", filter.resource_id);
  text("gateway_id = ?", filter.gateway_id);
  text("id = ?", filter.id);
  return SelectPage(session_, kAuditColumns, from, filter.oldest_first ? "number" : "number DESC",
                    std::move(parameters), page, ReadAudit);
}

absl::StatusOr<int64_t> ControlTransaction::DeleteAudit(int64_t before_ms, int64_t most) {
  const absl::StatusOr<SqlResult> result = session_->Execute(
      "DELETE FROM audit WHERE number IN "
      "(SELECT number FROM audit WHERE when_ms < ? ORDER BY when_ms LIMIT ?)",
      {before_ms, most});
  if (!result.ok()) return result.status();
  return result->changed;
}

absl::Status ControlTransaction::NoteChange(ChangeKind kind, std::string_view id) {
  // One transaction writes at a time (SqlDatabase::Write), so that numbers follow commits.
  const absl::StatusOr<int64_t> last = LastChange();
  if (!last.ok()) return last.status();
  absl::Status status = session_
                            ->Execute("INSERT INTO changes (sequence, kind, id) VALUES (?, ?, ?)",
                                      {*last + 1, static_cast<int64_t>(kind), SqlText(id)})
                            .status();
  if (!status.ok()) return status;
  status = session_->Execute("DELETE FROM changes WHERE sequence <= ?", {*last + 1 - kKeptChanges})
               .status();
  return status.ok() ? session_->Announce() : status;
}

absl::StatusOr<std::vector<ChangeRow>> ControlTransaction::ChangesAfter(int64_t sequence,
                                                                        int64_t limit) {
  const absl::StatusOr<int64_t> last = LastChange();
  if (!last.ok()) return last.status();
  if (sequence == *last) return std::vector<ChangeRow>();
  auto changes = SelectAll(session_,
                           "SELECT sequence, kind, id FROM changes WHERE sequence > ? "
                           "ORDER BY sequence LIMIT ?",
                           {sequence, limit}, ReadChange);
  if (!changes.ok()) return changes.status();
  // Behind what was kept, or before a database that was put back to an older state.
  if (changes->empty() || changes->front().sequence != sequence + 1) {
    return absl::OutOfRangeError("the changes after number " + std::to_string(sequence) +
                                 " are not kept; the last one is " + std::to_string(*last));
  }
  return changes;
}

absl::StatusOr<int64_t> ControlTransaction::LastChange() {
  return SelectNumber(session_, "SELECT COALESCE(MAX(sequence), 0) FROM changes", {});
}

}  // namespace junctor::engine
