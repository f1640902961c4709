// A gateway's setting `prices`: what models cost there, before what the process knows. Internal to
// engine/control.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/control/setting_shapes.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {

// Most entries of one gateway: its own models, not a second price list.
inline constexpr size_t kMaxPricesOfGateway = 1000;

// What is wrong with a setting's JSON text, an array of entries as `models` of a price file has
// them; nothing: it is as it should be.
std::vector<ShapeError> CheckPrices(std::string_view json);

// The table that a checked setting makes of `process`; null where it has no entry.
std::shared_ptr<const PriceTable> ReadPrices(std::string_view json, const PriceTable& process);

}  // namespace junctor::engine
