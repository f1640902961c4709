// Records and headers for the tests of a provider's own endpoint.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

inline ProviderRecord BuiltIn(std::string_view slug) {
  for (ProviderRecord& record : BuiltInProviders()) {
    if (record.slug == slug) return record;
  }
  std::abort();  // the test names a provider that does not exist
}

// As a configuration's `base_url` makes it.
inline ProviderRecord WithBaseUrl(ProviderRecord record, std::string_view url) {
  record.url_template = url;
  record.base_url = *ParseBaseUrl(url);
  return record;
}

inline ProviderRecord Custom(std::string_view slug, std::string_view url) {
  ProviderRecord record;
  record.slug = slug;
  return WithBaseUrl(record, url);
}

inline net::HeaderList Headers(std::initializer_list<net::HeaderView> fields) {
  net::HeaderList headers;
  for (const net::HeaderView& field : fields) headers.push_back(field);
  return headers;
}

}  // namespace junctor::engine
