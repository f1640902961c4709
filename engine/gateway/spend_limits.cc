#include "engine/gateway/spend_limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/limits/gateway_limits.h"
#include "runtime/interp/key_encoding.h"

namespace junctor::engine {
namespace {

// A metadata value as rules write it: text.
std::string TextOf(const Value& value) {
  std::array<char, 32> digits;
  switch (value.kind()) {
    case ValueKind::kString:
      return std::string(value.string());
    case ValueKind::kBool:
      return value.boolean() ? "true" : "false";
    case ValueKind::kInt:
      return std::to_string(value.integer());
    case ValueKind::kDouble: {
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.real());
      return std::string(digits.data(), end.ptr);
    }
    default:
      return {};
  }
}

Value Find(const Metadata* metadata, const std::string& key) {
  return metadata == nullptr ? Value() : metadata->Find(key);
}

bool Holds(const std::vector<std::string>& values, std::string_view text) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool CountsMetadata(const SpendRule& rule, const Metadata* metadata) {
  return std::all_of(rule.metadata.begin(), rule.metadata.end(), [metadata](const auto& filter) {
    const Value value = Find(metadata, filter.first);
    return value.kind() != ValueKind::kMissing && Holds(filter.second, TextOf(value));
  });
}

// Models are named with or without their provider.
bool CountsModel(const SpendRule& rule, std::string_view provider, std::string_view model) {
  if (!rule.providers.empty() && !Holds(rule.providers, provider)) return false;
  return rule.models.empty() || Holds(rule.models, model) ||
         Holds(rule.models, std::string(provider) + "/" + std::string(model));
}

std::string PartitionKey(const SpendRule& rule, const Metadata* metadata) {
  std::string key;
  bool has_value = false;
  for (const std::string& name : rule.partition_by) {
    const Value value = Find(metadata, name);
    has_value = has_value || value.kind() != ValueKind::kMissing;
    AppendKeyValue(value, &key);
  }
  return has_value ? key : std::string();
}

}  // namespace

SpendLimits::SpendLimits(const GatewayView* gateway, std::string_view gateway_name,
                         const Metadata* metadata)
    : gateway_name_(gateway_name) {
  if (gateway == nullptr) return;
  for (const SpendRule& rule : gateway->spend_rules) {
    if (!CountsMetadata(rule, metadata)) continue;
    Entry& entry = entries_.emplace_back();
    entry.rule = &rule;
    entry.spec.type = LimitType::kCost;
    entry.spec.technique = rule.technique;
    entry.spec.limit = rule.limit_nano_dollars;
    entry.spec.window_seconds = rule.window_seconds;
    entry.element = std::string(kSpendElementPrefix) + rule.id;
    entry.key = PartitionKey(rule, metadata);
  }
}

std::vector<SpendLimits::Entry*> SpendLimits::EntriesOf(std::string_view provider,
                                                        std::string_view model) {
  std::vector<Entry*> entries;
  for (Entry& entry : entries_) {
    if (CountsModel(*entry.rule, provider, model)) entries.push_back(&entry);
  }
  return entries;
}

LimitAsk SpendLimits::AskOf(const Entry& entry) const {
  LimitAsk ask;
  ask.name = {gateway_name_, kGatewayLimitRoute, entry.element};
  ask.key = entry.key;
  ask.spec = &entry.spec;
  return ask;
}

bool SpendLimits::counts() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return static_cast<bool>(entry.ticket); });
}

void SpendLimits::Charge(LimitBackend* limits, std::string_view provider, std::string_view model,
                         uint64_t nano_dollars, int64_t unix_nanoseconds) {
  for (const Entry& entry : entries_) {
    if (entry.ticket && CountsModel(*entry.rule, provider, model)) {
      limits->Charge(entry.ticket, nano_dollars, unix_nanoseconds);
    }
  }
}

}  // namespace junctor::engine
