// Where a request on a provider's own endpoint goes: `/v1/{account}/{gateway}/{slug}/{rest}`, and
// the entries of the universal endpoint. Pure: nothing is looked up or sent.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/base_url.h"
#include "engine/config/provider_record.h"
#include "engine/net/http_types.h"

namespace junctor::engine {

// Names the target of a call to Fal in the place of the path.
inline constexpr std::string_view kFalTargetHeader = "x-fal-target-url";

// One upstream request's address.
struct NativeTarget {
  BaseUrl url;                 // whom to connect to; its path is part of `path_and_query` already
  std::string path_and_query;  // the request line's target
  // The caller signed the request itself (AWS): its method, path, query, body and signed headers
  // must arrive unchanged.
  bool client_signed = false;
  // The caller named the host: it may lead to no private address (see net::Upstream::public_only).
  bool public_only = false;
  // AWS: for which service and region to sign where the gateway has the keys; else empty.
  std::string aws_service;
  std::string aws_region;
};

// The target of `rest` (what follows the slug: empty, or beginning with `/`) and `query` (without
// `?`), which are passed on byte for byte but for what the provider's rules change. Providers that
// choose a host by the path or by a header (Azure, Bedrock, Baseten, Vertex, Fal) keep the host of
// a base URL that the operator configured, and only shape the path. InvalidArgument: an unsafe
// path, or one that is not of the provider's form.
absl::StatusOr<NativeTarget> MakeNativeTarget(const ProviderRecord& record, std::string_view rest,
                                              std::string_view query,
                                              const net::HeaderList& headers);

// Whether the caller signed its request with AWS Signature Version 4, in the Authorization header.
bool IsSignedByCaller(const ProviderRecord& record, const net::HeaderList& headers);

}  // namespace junctor::engine
