// JSON text that a program carries but does not evaluate: `params` (R19).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor {

// Checks that `text` is one JSON object (RFC 8259, valid UTF-8, arrays and objects nested at most
// `max_nesting` deep) and returns its own keys, unescaped, in the order of the text.
// InvalidArgument says what is wrong at which byte; a key of the object itself that comes twice is
// wrong too. Uses no stack in proportion to the text.
absl::StatusOr<std::vector<std::string>> JsonObjectKeys(std::string_view text,
                                                        uint32_t max_nesting);

}  // namespace junctor
