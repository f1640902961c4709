// Prices as `junctor prices` prints them, as text and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/prices/price_table.h"

namespace junctor::engine {

// An entry as it can be asked for: "provider/model", of a back end "huggingface/model:via".
std::string PriceEntryName(const ModelPrice& price);

// All that the table knows of one model. `asked` is the name that was looked up.
std::string PriceReportText(std::string_view asked, const PriceMatch& match);
// The same as one JSON object and a line's end. Prices are in dollars per token, as in the file.
std::string PriceReportJson(std::string_view asked, const PriceMatch& match);

// Entries with their main prices in dollars per million tokens, one a line below a heading.
std::string PriceListText(const std::vector<const ModelPrice*>& entries);
// The same as one JSON object a line.
std::string PriceListJson(const std::vector<const ModelPrice*>& entries);

}  // namespace junctor::engine
