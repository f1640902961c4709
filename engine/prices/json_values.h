// Values of a JSON text that is read with simdjson's On-Demand parser, for readers that refuse what
// they do not expect. Private to this folder.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace junctor::engine {

// What a value is, for the end of an error: "a string", "an object", "`-1`".
std::string DescribeValue(simdjson::ondemand::value value);

// A value's text as written, where it is a number, true, false or null; without the space behind
// it.
std::string_view ScalarText(simdjson::ondemand::value value);

// Whether the value is of that type. A value that is no JSON is of none.
bool IsOfType(simdjson::ondemand::value value, simdjson::ondemand::json_type type);

// Whether the document's value, which was read to its end, has nothing behind it.
bool IsAtEnd(simdjson::ondemand::document* document);

}  // namespace junctor::engine
