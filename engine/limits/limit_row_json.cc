#include "engine/limits/limit_row_json.h"

#include <cmath>
#include <memory_resource>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "engine/limits/limit_key_json.h"
#include "engine/observe/json_text.h"
#include "engine/prices/money.h"
#include "runtime/limits/window_rule.h"
#include "runtime/program/utf8.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {
namespace {

constexpr double kNanoDollarsPerDollar = 1e9;
// Far above what a limit can be, and exact as a double.
constexpr double kMaxRequests = 1e15;
constexpr double kMaxDollars = 1e9;

// `unix_ns`, rounded up to milliseconds: nothing counts any more then.
std::string ResetText(int64_t unix_ns) {
  const int64_t ms =
      unix_ns / kNanosecondsPerMillisecond + (unix_ns % kNanosecondsPerMillisecond > 0 ? 1 : 0);
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(ms), absl::UTCTimeZone());
}

// The limit of the element `name`; null: the program has none.
const LimitSpec* FindLimit(const Program& program, std::string_view name) {
  for (const LimitSpec& limit : program.parts().limits) {
    if (program.ElementName(limit.element) == name) return &limit;
  }
  return nullptr;
}

// Reads one row.
class RowReader {
 public:
  RowReader(const Value& row, size_t number) : row_(row), number_(number) {}

  // False: the row is of an earlier version.
  absl::StatusOr<bool> Read(const Program& program, LimitRow* row) {
    if (row_.kind() != ValueKind::kObject) return Wrong("must be an object");
    const Value element = row_.Find("element");
    if (element.kind() != ValueKind::kString) return Wrong("needs `element`, a text");
    row->element = std::string(element.string());
    const LimitSpec* const limit = FindLimit(program, row->element);
    if (limit == nullptr) {
      return Wrong("`element`: the route has no limit `" + row->element + "`");
    }
    row->type = limit->type;
    const Value type = row_.Find("type");
    if (!type.is_missing()) {
      if (type.kind() != ValueKind::kString || (type.string() != LimitTypeName(LimitType::kCount) &&
                                                type.string() != LimitTypeName(LimitType::kCost))) {
        return Wrong("`type` must be `count` or `cost`");
      }
      if (type.string() != LimitTypeName(limit->type)) return false;
    }
    if (const absl::Status status = ReadKey(&row->key); !status.ok()) return status;
    for (const auto& [name, amount] :
         {std::pair("granted", &row->granted), std::pair("spent", &row->spent),
          std::pair("held", &row->held)}) {
      if (const absl::Status status = ReadAmount(name, row->type, amount); !status.ok()) {
        return status;
      }
    }
    if (const absl::Status status = ReadReset(&row->reset_ns); !status.ok()) return status;
    return true;
  }

 private:
  absl::Status Wrong(const std::string& what) const {
    return absl::InvalidArgumentError("row " + std::to_string(number_) + ": " + what);
  }

  absl::Status ReadKey(std::string* key) const {
    const Value id = row_.Find("key_id");
    if (!id.is_missing()) {
      std::optional<std::string> read;
      if (id.kind() == ValueKind::kString) read = ReadLimitKeyId(id.string());
      if (!read.has_value()) return Wrong("`key_id` is none that a list of limits gave");
      *key = *std::move(read);
      return absl::OkStatus();
    }
    const Value parts = row_.Find("key");
    if (parts.is_missing()) return absl::OkStatus();
    absl::StatusOr<std::string> read = LimitKeyOf(parts);
    if (!read.ok()) return Wrong("`key` " + std::string(read.status().message()));
    *key = *std::move(read);
    return absl::OkStatus();
  }

  absl::Status ReadAmount(const char* name, LimitType type, uint64_t* amount) const {
    const Value value = row_.Find(name);
    if (value.is_missing()) {
      // A row is there to say this; the others are 0 as a rule.
      if (std::string_view(name) == "spent") return Wrong("`spent` is missing");
      return absl::OkStatus();
    }
    std::optional<uint64_t> read;
    if (value.is_number()) {
      read =
          LimitAmountOf(type, value.kind() == ValueKind::kInt ? static_cast<double>(value.integer())
                                                              : value.real());
    }
    if (!read.has_value()) {
      return Wrong("`" + std::string(name) +
                   (type == LimitType::kCount ? "` must be a whole number of requests"
                                              : "` must be an amount of US dollars") +
                   ", at least 0");
    }
    *amount = *read;
    return absl::OkStatus();
  }

  absl::Status ReadReset(int64_t* reset_ns) const {
    const Value value = row_.Find("reset_at");
    if (value.is_missing()) return absl::OkStatus();
    absl::Time time;
    std::string reason;
    if (value.kind() != ValueKind::kString ||
        !absl::ParseTime(absl::RFC3339_full, std::string(value.string()), &time, &reason)) {
      return Wrong("`reset_at` must be a time such as 2026-01-31T12:00:00Z");
    }
    *reset_ns = absl::ToUnixNanos(time);
    return absl::OkStatus();
  }

  const Value& row_;
  const size_t number_;
};

}  // namespace

std::string LimitAmountText(LimitType type, uint64_t amount) {
  if (type == LimitType::kCount) return std::to_string(amount);
  return DollarsText(absl::uint128(amount) * kAttoDollarsPerNanoDollar);
}

std::optional<uint64_t> LimitAmountOf(LimitType type, double number) {
  const bool is_count = type == LimitType::kCount;
  if (!(number >= 0) || number > (is_count ? kMaxRequests : kMaxDollars)) return std::nullopt;
  if (is_count && number != std::floor(number)) return std::nullopt;
  return static_cast<uint64_t>(std::llround(is_count ? number : number * kNanoDollarsPerDollar));
}

std::string_view LimitTypeName(LimitType type) {
  return type == LimitType::kCount ? "count" : "cost";
}

std::string LimitRowJson(const LimitRow& row) {
  std::string out = "{\"element\":";
  AppendJsonString(&out, row.element);
  out += ",\"type\":\"" + std::string(LimitTypeName(row.type)) + "\"";
  out += ",\"key\":" + LimitKeyJson(row.key).value_or("null");
  out += ",\"key_id\":\"" + LimitKeyId(row.key) + "\"";
  for (const auto& [name, amount] :
       {std::pair("limit", row.limit), std::pair("granted", row.granted),
        std::pair("spent", row.spent), std::pair("held", row.held), std::pair("left", row.left)}) {
    out += ",\"" + std::string(name) + "\":" + LimitAmountText(row.type, amount);
  }
  return out + ",\"reset_at\":\"" + ResetText(row.reset_ns) + "\"}";
}

absl::StatusOr<std::vector<LimitRow>> ReadLimitRows(std::string_view json, const Program& program) {
  std::pmr::monotonic_buffer_resource arena;
  Value list = IsValidUtf8(json) ? ReadJson(json, &arena) : Value();
  if (list.is_missing()) return absl::InvalidArgumentError("the rows of limits are not JSON");
  if (list.kind() == ValueKind::kObject) list = list.Find("result");
  if (list.kind() != ValueKind::kArray) {
    return absl::InvalidArgumentError(
        "the rows of limits must be an array, or an object with one as `result`");
  }
  if (list.size() > kMaxLimitRows) {
    return absl::InvalidArgumentError("there are " + std::to_string(list.size()) +
                                      " rows of limits; at most " + std::to_string(kMaxLimitRows) +
                                      " are read");
  }
  std::vector<LimitRow> rows;
  for (uint32_t i = 0; i < list.size(); ++i) {
    LimitRow row;
    const absl::StatusOr<bool> counts = RowReader(list.items()[i], i + 1).Read(program, &row);
    if (!counts.ok()) return counts.status();
    if (*counts) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace junctor::engine
