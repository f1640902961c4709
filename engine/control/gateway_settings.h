// The settings of a gateway: one table of fields says what each may be, what it is where nobody
// said anything, and whether this junctor acts on it. From requests to what is stored, and from
// there to what the data plane obeys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/control/control_error.h"
#include "engine/directory/directory.h"

namespace junctor::engine {

enum class SettingKind : uint8_t {
  kBool,
  kInteger,      // from SettingField::least to most
  kChoice,       // one of SettingField::choices
  kText,         // at most SettingField::most bytes
  kOtel,         // the shapes of the kinds from here on: admin clients' types
  kDlp,          //
  kGuardrails,   //
  kSpendLimits,  //
  kStripe,       //
  kPrices,       // junctor's own: entries of a price file
};

// What a caller must do with a field.
enum class SettingNeed : uint8_t {
  kRequired,  // stands in every request, may be null
  kGiven,     // stands in every request, is not null
  kNullable,
  kOptional,  // is not null where it stands
};

struct SettingField {
  std::string_view name;
  SettingKind kind;
  SettingNeed need;
  std::string_view fallback;  // JSON: what it is where nobody said anything
  bool acts;                  // whether the data plane obeys it; else it is kept and given back
  int64_t least = 0;
  int64_t most = 0;
  std::string_view choices = {};  // separated by spaces
};

// Every field but `id` and the times, in the order in which they are given back.
std::span<const SettingField> GatewaySettingFields();

// Longest text of all settings together: room for hundreds of spend rules and policies.
inline constexpr size_t kMaxSettingsBytes = 256 * 1024;

// Longest id of a gateway.
inline constexpr size_t kMaxGatewayIdBytes = 64;

// Whether `id` is 1–64 letters, digits, `-`, `_` and `.`, and not `.` or `..`, which paths can't
// carry.
bool IsGatewayId(std::string_view id);

// The settings of one gateway. A value.
class GatewaySettings {
 public:
  // Where nobody said anything.
  GatewaySettings();

  // What a gateway is made with that nobody made: logs are collected, nothing is cached or limited.
  static GatewaySettings ForDefaultGateway(bool authentication);

  // From a GatewayRow's text. Fields that an older junctor did not know are what they are where
  // nobody said anything.
  static GatewaySettings FromStored(std::string_view text);

  // Lays the fields of a request's body over these. A field that may be left out keeps its value:
  // nobody should lose `authentication` by setting a cache's time. The errors where something is
  // wrong; these settings are then as they were. Unknown fields are ignored. `body` is a JSON
  // object, checked by RequestBody.
  std::optional<ControlErrors> Update(std::string_view body);

  // The members with their names, separated by commas, in the table's order.
  std::string Members() const;
  // The same with everything masked that may be a credential: for the audit log.
  std::string MaskedMembers() const;
  // The JSON object that is stored.
  std::string Text() const { return "{" + Members() + "}"; }

  // What the data plane obeys of them. Without keys. `process` is the table that the gateway's own
  // prices are laid over.
  GatewayView View(std::string_view id, const PriceTable& process) const;

 private:
  std::vector<std::string> values_;  // JSON texts, in the table's order
};

}  // namespace junctor::engine
