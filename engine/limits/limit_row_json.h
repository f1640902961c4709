// Windows of limits as JSON: what operators are shown, and what `explain` is given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/limits/limit_backend.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// Most rows that are read or looked through in one go: some hundred bytes each.
inline constexpr size_t kMaxLimitRows = 100'000;
// Longest text of rows that is read: room for kMaxLimitRows of them.
inline constexpr size_t kMaxLimitRowsBytes = 64u << 20;

// An amount as a JSON number: requests, or dollars with all their decimals.
std::string LimitAmountText(LimitType type, uint64_t amount);

// The amount that `number` is, requests or dollars; nothing where it is negative, too large or,
// of requests, no whole number.
std::optional<uint64_t> LimitAmountOf(LimitType type, double number);

// "count" or "cost".
std::string_view LimitTypeName(LimitType type);

// A row as one JSON object: element, type, key (null where it can't be read), key_id, limit,
// granted, spent, held, left, reset_at.
std::string LimitRowJson(const LimitRow& row);

// Reads rows of a route's limits: an array of objects as LimitRowJson writes them, or an object
// that has such an array as `result`. Of each, `element` is needed; `key` or `key_id` where the
// limit has a key; absent amounts are 0, an absent `reset_at` is 0, for unknown. What `limit` and
// `left` say follows from the limit itself and is not read. A row whose `type` is not that of the
// element now is of an earlier version, and left out. InvalidArgument names the row and the member.
absl::StatusOr<std::vector<LimitRow>> ReadLimitRows(std::string_view json, const Program& program);

}  // namespace junctor::engine
