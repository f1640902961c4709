// UTF-8 (RFC 3629).
#pragma once

#include <string_view>

namespace junctor {

// Whether `text` is valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace junctor
