// Custom providers: from what was asked for to what is stored, and from there to what the data
// plane calls.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/directory/directory.h"
#include "engine/store/control_rows.h"

namespace junctor::engine {

// What stands in CustomProviderRow::fields. Empty: not set.
struct CustomProviderFields {
  std::string base_url;
  std::string description;
  std::string link;
  std::string curl_example;
  std::string js_example;
  std::string headers;  // a JSON object as it was sent; its values may be credentials
  std::string logo;     // base64 of an SVG

  static CustomProviderFields FromStored(std::string_view text);
  std::string Text() const;
};

// Longest slug: with `custom-` before it, it is a slug of at most 64 characters.
inline constexpr size_t kMaxCustomSlugBytes = 57;

// Whether `slug` is letters, digits and hyphens.
bool IsCustomSlug(std::string_view slug);

// The headers that `json`, an object of names and values, adds to a provider's requests. Invalid
// Argument where it is something else, where a name or value can't stand in a head, or where a name
// is one that the gateway sets itself.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParseExtraHeaders(
    std::string_view json);

// `json` of that kind with the values masked.
std::string MaskExtraHeaders(std::string_view json);

// A picture for lists, made of the provider's name: an SVG in base64.
std::string MakeLogo(std::string_view name);

// What the data plane calls. InvalidArgument where the row can't be used.
absl::StatusOr<CustomProvider> MakeCustomProvider(const CustomProviderRow& row);

}  // namespace junctor::engine
