// See custom_cost.h.
#include "engine/prices/custom_cost.h"

#include <simdjson.h>

#include <array>
#include <string>

#include "absl/status/status.h"
#include "engine/prices/json_values.h"

namespace junctor::engine {
namespace {

using simdjson::ondemand::json_type;

constexpr std::array<PriceKind, 3> kKinds = {PriceKind::kInput, PriceKind::kOutput,
                                             PriceKind::kRequest};

const PriceKindInfo& InfoOf(PriceKind kind) { return kPriceKinds[static_cast<size_t>(kind)]; }

std::string Keys() {
  std::string keys;
  for (const PriceKind kind : kKinds) {
    keys += (keys.empty() ? "`" : ", `") + std::string(InfoOf(kind).field) + "`";
  }
  return keys;
}

absl::Status Refuse(const std::string& what) {
  return absl::InvalidArgumentError("cf-aig-custom-cost: " + what);
}

absl::Status NotAnObject() {
  return Refuse("expected a JSON object with " + Keys() +
                ", for example {\"per_token_in\":0.000001,\"per_token_out\":0.000002}");
}

absl::Status ReadMember(const std::string& key, simdjson::ondemand::value value, PriceSet* cost) {
  const PriceKindInfo* info = nullptr;
  for (const PriceKind kind : kKinds) {
    if (InfoOf(kind).field == key) info = &InfoOf(kind);
  }
  if (info == nullptr) {
    constexpr size_t kMaxQuotedBytes = 40;
    return Refuse("unknown key `" + key.substr(0, kMaxQuotedBytes) + "`; known are " + Keys());
  }
  const std::string place = "`" + key + "`: ";
  if ((*cost)[info->kind].has_value()) return Refuse(place + "given twice");
  if (!IsOfType(value, json_type::number)) {
    return Refuse(place + "expected a number of dollars from 0 to " + DollarsText(info->max()) +
                  ", found " + DescribeValue(value));
  }
  const absl::StatusOr<ParsedPrice> price = ParsePrice(ScalarText(value), info->max());
  if (!price.ok()) return Refuse(place + std::string(price.status().message()));
  cost->Set(info->kind, price->price);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PriceSet> ParseCustomCost(std::string_view header) {
  if (header.size() > kMaxCustomCostBytes) {
    return Refuse("expected at most " + std::to_string(kMaxCustomCostBytes) + " bytes, found " +
                  std::to_string(header.size()));
  }
  const simdjson::padded_string text(header);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS) return NotAnObject();
  if (document.get_object().get(object) != simdjson::SUCCESS) return NotAnObject();
  PriceSet cost;
  for (auto member : object) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (member.unescaped_key().get(key) != simdjson::SUCCESS) return NotAnObject();
    const std::string name(key);
    if (member.value().get(value) != simdjson::SUCCESS) return NotAnObject();
    if (const absl::Status status = ReadMember(name, value, &cost); !status.ok()) return status;
  }
  if (!IsAtEnd(&document)) return NotAnObject();
  if (cost.empty()) return NotAnObject();
  for (const PriceKind kind : {PriceKind::kInput, PriceKind::kOutput}) {
    if (!cost[kind].has_value()) cost.Set(kind, 0);
  }
  return cost;
}

}  // namespace junctor::engine
