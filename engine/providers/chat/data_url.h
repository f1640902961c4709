// Data URLs with base64 in them, as images and files come in chat requests.
#pragma once

#include <optional>
#include <string_view>

namespace junctor::engine {

// What a data URL says; views the URL.
struct DataUrl {
  std::string_view mime_type;  // without parameters; empty where the URL names none
  std::string_view base64;     // not checked
};

// Whether `url` has the scheme `data`, in any case.
bool IsDataUrl(std::string_view url);

// Takes `data:{mime}{;parameter}*;base64,{data}` apart; nothing where `url` is not of that form.
std::optional<DataUrl> ParseDataUrl(std::string_view url);

}  // namespace junctor::engine
