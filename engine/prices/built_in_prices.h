// The price file that is built into the library.
#pragma once

#include <string_view>

namespace junctor::engine {

// data/model-prices.json as it was when the library was built, its licence included.
std::string_view BuiltInPrices();

}  // namespace junctor::engine
