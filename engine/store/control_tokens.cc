// ControlTransaction's tokens.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/store/control_columns.h"
#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kTokenColumns =
    "id, name, hash, preview, permissions, gateway_id, created_ms, expires_ms, last_used_ms";

TokenRow ReadToken(SqlRow& row) {
  TokenRow token;
  token.id = row.Text();
  token.name = row.Text();
  const std::string hash = row.Bytes();
  std::copy_n(hash.begin(), std::min(hash.size(), token.hash.size()), token.hash.begin());
  token.preview = row.Text();
  token.permissions = static_cast<uint8_t>(row.Integer());
  token.gateway_id = row.Text();
  token.created_ms = row.Integer();
  token.expires_ms = row.Integer();
  token.last_used_ms = row.Integer();
  return token;
}

}  // namespace

absl::StatusOr<std::optional<TokenRow>> ControlTransaction::FindToken(std::string_view id) {
  return SelectOne(session_, "SELECT " + std::string(kTokenColumns) + " FROM tokens WHERE id = ?",
                   {SqlText(id)}, ReadToken);
}

absl::StatusOr<Page<TokenRow>> ControlTransaction::ListTokens(PageOf page) {
  return SelectPage(session_, kTokenColumns, "tokens", "created_ms DESC, id", {}, page, ReadToken);
}

absl::StatusOr<std::vector<TokenRow>> ControlTransaction::AllTokens() {
  return SelectAll(session_, "SELECT " + std::string(kTokenColumns) + " FROM tokens ORDER BY id",
                   {}, ReadToken);
}

absl::Status ControlTransaction::InsertToken(const TokenRow& row) {
  const std::string hash(row.hash.begin(), row.hash.end());
  return Insert(session_,
                "INSERT INTO tokens (id, name, hash, preview, permissions, gateway_id, created_ms, "
                "expires_ms, last_used_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {SqlText(row.id), SqlText(row.name), SqlBytes(hash), SqlText(row.preview),
                 int64_t{row.permissions}, SqlText(row.gateway_id), row.created_ms, row.expires_ms,
                 row.last_used_ms},
                "there is a token `" + row.id + "`, or the same token, already");
}

absl::Status ControlTransaction::DeleteToken(std::string_view id) {
  return ChangeOne(session_, "DELETE FROM tokens WHERE id = ?", {SqlText(id)},
                   "there is no token `" + std::string(id) + "`");
}

absl::Status ControlTransaction::SetTokenLastUse(std::string_view id, int64_t last_used_ms) {
  return session_
      ->Execute("UPDATE tokens SET last_used_ms = ? WHERE id = ? AND last_used_ms < ?",
                {last_used_ms, SqlText(id), last_used_ms})
      .status();
}

}  // namespace junctor::engine
