// AWS Signature Version 4: what makes a request to Bedrock ours. Pure: the time is given, nothing
// is sent.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/net/http_types.h"
#include "engine/providers/bedrock/aws_credentials.h"

namespace junctor::engine {

// The service name that Bedrock's run-time endpoints are signed for.
inline constexpr std::string_view kBedrockService = "bedrock";

// A request as it will be sent. Views only.
struct AwsRequest {
  std::string_view method;                   // "POST"
  std::string_view path;                     // as on the wire, percent-encoded; no dot segments
  std::string_view query;                    // as on the wire, without `?`; empty: none
  std::span<const net::HeaderView> headers;  // those to sign: `host` must be among them.
                                             // x-amz-date and x-amz-security-token are added
  std::span<const std::string_view> body;    // its bytes, in pieces
};

// Signs `request` for `service` at `unix_seconds`, and returns the header lines to send with it,
// each ended by CRLF: x-amz-date, x-amz-security-token where there is a session token, and
// authorization. AWS refuses a signature that is five minutes old: sign anew before each attempt.
std::string SignAwsRequest(const AwsRequest& request, const AwsCredentials& credentials,
                           std::string_view service, int64_t unix_seconds);

// The steps of a signature, for those who compare them with other implementations.

// `headers` of `request` must hold all that is signed, x-amz-date too.
std::string AwsCanonicalRequest(const AwsRequest& request);
// Lower-case hexadecimal SHA-256 of all pieces as one.
std::string Sha256Hex(std::span<const std::string_view> pieces);
// The 32 bytes that sign for one day ("20150830"), region and service.
std::string AwsSigningKey(const Secret& secret_access_key, std::string_view day,
                          std::string_view region, std::string_view service);

}  // namespace junctor::engine
