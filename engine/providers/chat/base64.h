// Base64 as callers write it and as providers want it.
#pragma once

#include <string>
#include <string_view>

namespace junctor::engine {

// Whether `text` is base64: of the standard or the URL-safe alphabet, padded or not, without white
// space. The empty text is.
bool IsBase64(std::string_view text);

// Appends `base64`, of which IsBase64 holds, in the standard alphabet and padded. Copies it as it
// is where nothing has to change.
void AppendStandardBase64(std::string_view base64, std::string* out);

// Appends the bytes that `base64` stands for. False, with nothing appended, where IsBase64 does not
// hold.
bool DecodeBase64(std::string_view base64, std::string* out);

}  // namespace junctor::engine
