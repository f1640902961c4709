// The judge of conditions (R29–R33): walks the query document for every request anew. Never fast,
// never clever.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/oracle/json.h"

namespace junctor::oracle {

// Whether `document`, an object {"body", "headers", "metadata", "request"} as RequestDocument
// builds it, matches `condition`. `condition` must be one that the compiler accepts.
bool Matches(const Json& condition, const Json& document);

// The segments of a field that begins with a root (R18): a header's name and a metadata key are one
// segment each.
std::vector<std::string> FieldSegments(std::string_view field);

// All values that `segments` lead to from `document`, as a MongoDB path does (R29); null stands for
// a missing field. With `enter_leaf`, an array at the end of the path yields its elements and then
// itself.
std::vector<const Json*> ValuesAt(const Json& document, const std::vector<std::string>& segments,
                                  bool enter_leaf);

}  // namespace junctor::oracle
