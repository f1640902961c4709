// The API's description, built into the library.
#pragma once

#include <string_view>

namespace junctor::engine {

// schemas/openapi.json as it was when the library was built.
std::string_view OpenApiDocument();

}  // namespace junctor::engine
