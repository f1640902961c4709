// The universal endpoint's body: one provider call, or a list of calls to try in turn.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/http_types.h"
#include "engine/providers/native/request_options.h"

namespace junctor::engine {

// More steps than any list of fallbacks has.
inline constexpr size_t kMaxUniversalEntries = 100;
inline constexpr size_t kMaxUniversalHeaders = 100;  // of one entry, as a request may have
// Of all names and values of one entry together: what a request's head may have.
inline constexpr size_t kMaxUniversalHeaderBytes = 65536;
inline constexpr size_t kMaxUniversalEndpointBytes = 16384;

// One call.
struct UniversalEntry {
  std::string provider;  // a slug; not looked up
  std::string path;      // of `endpoint`: empty, or beginning with `/`; what MakeNativeTarget takes
  std::string query_string;  // of `endpoint`, without `?`
  // In the order of the entry, each name once; `authorization` is among them.
  std::vector<std::pair<std::string, std::string>> headers;
  // The JSON text of `query`, as it stands in the body; a view of that. Its brackets and strings
  // are closed, more is not checked. Empty: the entry has none.
  std::string_view query;
  OptionValues config;

  // Views of `headers`; valid as long as this entry is neither changed nor moved.
  net::HeaderList HeaderViews() const;
};

// Reads an object or an array of 1 to kMaxUniversalEntries objects. kBodyPadding (see
// runtime/request/body_index.h) bytes after the end of `body` are readable. Keys that are not known
// are ignored, since clients send more. InvalidArgument names the entry and the field.
absl::StatusOr<std::vector<UniversalEntry>> ParseUniversalRequest(std::string_view body);

// What counts for one entry: its `config`, then its headers, then `others`, the one that beats the
// others first: the whole request's headers, the gateway's settings. InvalidArgument names the
// header of the entry that is wrong.
absl::StatusOr<RequestOptions> OptionsOfEntry(const UniversalEntry& entry,
                                              std::initializer_list<OptionValues> others);

}  // namespace junctor::engine
