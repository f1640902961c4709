// Fields: dotted paths into a request, as conditions and keys name them (R18).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor {

// Where a field's path begins (R18).
enum class FieldRoot : uint8_t {
  kBody,      // body.…: the parsed request body
  kHeaders,   // headers.<name>: a request header, the name in lower case
  kMetadata,  // metadata.<key>: an entry of the cf-aig-metadata header
  kRequest,   // request.<fact>: a derived fact, see request_facts.def
};

// A derived fact of a request. Meanings in request_facts.def.
enum class RequestFact : uint8_t {
#define JUNCTOR_REQUEST_FACT(id, name, meaning) id,
#include "runtime/program/request_facts.def"
#undef JUNCTOR_REQUEST_FACT
};

// The spelling of a fact after `request.`.
std::string_view RequestFactName(RequestFact fact);

// Longest path that a field may have, in segments: paths are walked segment by segment at every
// look-up.
inline constexpr size_t kMaxFieldSegments = 64;

// A parsed field. Immutable after parsing.
struct Field {
  FieldRoot root = FieldRoot::kBody;
  RequestFact fact = RequestFact::kMethod;  // for kRequest only
  std::string text;                         // as in the route, e.g. "body.messages.0.role"
  std::vector<std::string> segments;  // after the root; a header's name is one lower-case segment
};

// Parses `text`. Headers take everything after `headers.` as one name, metadata everything after
// `metadata.` as one key: metadata is flat. InvalidArgument says what is wrong: unknown root,
// unknown fact, empty segment, too long.
absl::StatusOr<Field> ParseField(std::string_view text);

// Splits a dotted path without a root, as it stands after `body.` and in matchers, into its
// segments: 1 … kMaxFieldSegments of them, none empty. InvalidArgument says what is wrong.
absl::StatusOr<std::vector<std::string>> SplitFieldPath(std::string_view path);

// The roots' spellings, for messages and suggestions: {"body", "headers", "metadata", "request"}.
const std::vector<std::string>& FieldRootNames();

// The facts' spellings, for messages and suggestions.
const std::vector<std::string>& RequestFactNames();

}  // namespace junctor
