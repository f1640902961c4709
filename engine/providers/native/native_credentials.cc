#include "engine/providers/native/native_credentials.h"

#include <algorithm>
#include <array>

#include "engine/providers/chat/credential_token.h"
#include "engine/providers/chat/forwarded_headers.h"
#include "engine/providers/native/native_path.h"
#include "engine/providers/native/native_target.h"

namespace junctor::engine {
namespace {

// Providers that take a credential in a second header, beside ProviderRecord::auth_header.
struct SecondHeader {
  std::string_view slug;
  std::string_view header;
};
constexpr std::array<SecondHeader, 7> kSecondHeaders = {
    {{"anthropic", "authorization"},          // OAuth tokens
     {"azure-openai", "authorization"},       // Entra tokens
     {"cartesia", "authorization"},           // the newer form
     {"google-ai-studio", "authorization"},   // OAuth tokens
     {"google-vertex-ai", "x-goog-api-key"},  // express mode
     {"grok", "x-api-key"},                   // on its endpoint of Anthropic's form
     {"parallel", "authorization"}}};         // on its chat endpoint

// Schemes that may stand alone where a client has no key to put behind them.
constexpr std::array<std::string_view, 5> kSchemes = {"bearer", "token", "key", "api-key", "basic"};

bool IsOwnCredentialHeader(const ProviderRecord& record, std::string_view name) {
  // Whatever the client sends to a provider that only the operator knows is meant for it.
  if (!record.built_in) return true;
  if (net::EqualsIgnoreCase(name, record.auth_header)) return true;
  return std::any_of(kSecondHeaders.begin(), kSecondHeaders.end(), [&](const SecondHeader& second) {
    return second.slug == record.slug && net::EqualsIgnoreCase(name, second.header);
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether `value` is the gateway's token, with or without a scheme before it.
bool HoldsGatewayToken(std::string_view value, const NativeCredential& credential) {
  if (!credential.is_gateway_token) return false;
  value = Trimmed(value);
  if (value.empty()) return false;
  return credential.is_gateway_token(value) || credential.is_gateway_token(TokenOf(value));
}

// Whether a credential header's value holds more than a scheme.
bool HoldsSomething(std::string_view value) {
  value = Trimmed(value);
  return !value.empty() &&
         std::none_of(kSchemes.begin(), kSchemes.end(), [value](std::string_view scheme) {
           return net::EqualsIgnoreCase(value, scheme);
         });
}

// The names of `SignedHeaders=a;b;c` in an Authorization header of AWS.
std::string_view SignedHeaderNames(std::string_view authorization) {
  constexpr std::string_view kParameter = "SignedHeaders=";
  const size_t begin = authorization.find(kParameter);
  if (begin == authorization.npos) return {};
  const std::string_view names = authorization.substr(begin + kParameter.size());
  return names.substr(0, names.find_first_of(", "));
}

bool ListHas(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const size_t end = std::min(names.find(';'), names.size());
    if (net::EqualsIgnoreCase(names.substr(0, end), name)) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

// Headers that this gateway writes itself or keeps, even where the caller signed them.
bool IsWrittenHere(std::string_view name) {
  constexpr std::string_view kOwn = "cf-aig-";
  return net::IsHopByHopHeader(name) || net::EqualsIgnoreCase(name, "host") ||
         net::EqualsIgnoreCase(name, "content-length") || net::EqualsIgnoreCase(name, "expect") ||
         net::EqualsIgnoreCase(name.substr(0, kOwn.size()), kOwn);
}

// Calls `take(name, value, whole)` for each parameter of `query`.
template <typename Take>
void ForEachParameter(std::string_view query, Take take) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view whole = query.substr(0, end);
    const size_t equals = std::min(whole.find('='), whole.size());
    take(whole.substr(0, equals), whole.substr(std::min(equals + 1, whole.size())), whole);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

// Whether the query holds a credential that the provider takes there.
bool HasCredentialInQuery(const ProviderRecord& record, std::string_view query,
                          const NativeCredential& credential) {
  std::string_view parameter;
  if (record.format == ChatFormat::kGoogle || record.format == ChatFormat::kVertex) {
    parameter = "key";
  } else if (record.format == ChatFormat::kBedrock) {
    parameter = "X-Amz-Signature";
  }
  if (parameter.empty()) return false;
  bool found = false;
  ForEachParameter(query, [&](std::string_view name, std::string_view value, std::string_view) {
    found = found || (name == parameter && !value.empty() &&
                      !HoldsGatewayToken(PercentDecoded(value), credential));
  });
  return found;
}

void AppendLine(std::string_view name, std::string_view value, std::string* head) {
  head->append(name).append(": ").append(value).append("\r\n");
}

void AppendConfiguredKey(const ProviderRecord& record, std::string_view key, std::string* head) {
  if (record.format == ChatFormat::kAnthropic && IsAnthropicOAuthToken(key)) {
    head->append("authorization: Bearer ").append(key).append("\r\n");
    return;
  }
  head->append(record.auth_header).append(": ").append(record.auth_prefix);
  head->append(key).append("\r\n");
}

}  // namespace

CredentialSource AppendNativeRequestHeaders(const net::RequestHead& caller,
                                            const ProviderRecord& record,
                                            const NativeCredential& credential, std::string* head) {
  const bool is_signed = IsSignedByCaller(record, caller.headers);
  const std::string_view signed_names =
      is_signed ? SignedHeaderNames(caller.headers.Get("authorization")) : std::string_view();
  const bool is_fal = record.built_in && record.slug == "fal";
  bool callers = is_signed;
  for (const net::HeaderView& header : caller.headers) {
    if (HoldsGatewayToken(header.value, credential)) continue;
    if (is_signed && (net::EqualsIgnoreCase(header.name, "authorization") ||
                      ListHas(signed_names, header.name))) {
      if (!IsWrittenHere(header.name)) AppendLine(header.name, header.value, head);
      continue;
    }
    if (StaysAtGateway(caller.headers, header.name)) continue;
    if (is_fal && net::EqualsIgnoreCase(header.name, kFalTargetHeader)) continue;
    const bool is_own = net::EqualsIgnoreCase(header.name, record.auth_header);
    if (is_own || IsCredentialHeader(header.name)) {
      if (!IsOwnCredentialHeader(record, header.name) || !HoldsSomething(header.value)) continue;
      callers = true;
    }
    AppendLine(header.name, header.value, head);
  }
  const size_t question = caller.target.find('?');
  if (question != caller.target.npos) {
    callers =
        callers || HasCredentialInQuery(record, caller.target.substr(question + 1), credential);
  }
  if (callers) return CredentialSource::kCaller;
  if (credential.key.empty()) return CredentialSource::kNone;
  AppendConfiguredKey(record, credential.key, head);
  return CredentialSource::kGateway;
}

std::string QueryWithoutGatewayToken(std::string_view query, const NativeCredential& credential) {
  std::string kept;
  bool removed = false;
  ForEachParameter(query, [&](std::string_view, std::string_view value, std::string_view whole) {
    if (HoldsGatewayToken(PercentDecoded(value), credential)) {
      removed = true;
      return;
    }
    if (!kept.empty()) kept.append("&");
    kept.append(whole);
  });
  return removed ? kept : std::string(query);
}

}  // namespace junctor::engine
