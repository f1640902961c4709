// Base64 with the standard alphabet and padding (RFC 4648).
#pragma once

#include <string>
#include <string_view>

namespace junctor::net {

std::string EncodeBase64(std::string_view bytes);

}  // namespace junctor::net
