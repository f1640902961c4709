#include "engine/providers/bedrock/aws_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kDateHeader = "x-amz-date";
constexpr std::string_view kTokenHeader = "x-amz-security-token";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string HexOf(std::string_view bytes) { return absl::BytesToHexString(View(bytes)); }

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr) {
    std::abort();  // fails for want of memory only
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

void AppendEncoded(std::string_view text, bool keep_slash, std::string* out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out->push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out->push_back('%');
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 0xF]);
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    const size_t equals = std::min(parameter.find('='), parameter.size());
    std::string name;
    std::string value;
    AppendEncoded(Decoded(parameter.substr(0, equals)), false, &name);
    AppendEncoded(Decoded(parameter.substr(std::min(equals + 1, parameter.size()))), false, &value);
    parameters.emplace_back(std::move(name), std::move(value));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical.push_back('&');
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

// Without white space around it, and with runs of spaces inside made one.
void AppendTrimmedValue(std::string_view value, std::string* out) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(View(value));
  bool after_space = false;
  for (const char c : trimmed) {
    if (c == ' ' && after_space) continue;
    after_space = c == ' ';
    out->push_back(c);
  }
}

using CanonicalHeaders = std::vector<std::pair<std::string, std::string>>;

// Sorted by name; fields of one name are one, their values joined by commas.
CanonicalHeaders CanonicalHeadersOf(std::span<const net::HeaderView> headers) {
  CanonicalHeaders canonical;
  for (const net::HeaderView& header : headers) {
    std::string value;
    AppendTrimmedValue(header.value, &value);
    canonical.emplace_back(absl::AsciiStrToLower(View(header.name)), std::move(value));
  }
  std::stable_sort(canonical.begin(), canonical.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  CanonicalHeaders joined;
  for (auto& header : canonical) {
    if (!joined.empty() && joined.back().first == header.first) {
      joined.back().second.append(",").append(header.second);
    } else {
      joined.push_back(std::move(header));
    }
  }
  return joined;
}

std::string SignedNames(const CanonicalHeaders& headers) {
  std::string names;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names.push_back(';');
    names.append(name);
  }
  return names;
}

std::string CanonicalText(const AwsRequest& request, const CanonicalHeaders& headers,
                          std::string_view signed_names) {
  std::string text(request.method);
  text.push_back('\n');
  // The path is encoded once more: AWS decodes it once before it compares.
  AppendEncoded(request.path.empty() ? "/" : request.path, true, &text);
  text.push_back('\n');
  text.append(CanonicalQuery(request.query)).push_back('\n');
  for (const auto& [name, value] : headers) {
    text.append(name).append(":").append(value).append("\n");
  }
  text.append("\n").append(signed_names).append("\n").append(Sha256Hex(request.body));
  return text;
}

}  // namespace

std::string Sha256Hex(std::span<const std::string_view> pieces) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const std::string_view piece : pieces) {
    good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  }
  good = good && EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!good) std::abort();  // fails for want of memory only
  return HexOf({reinterpret_cast<const char*>(digest.data()), size});
}

std::string AwsCanonicalRequest(const AwsRequest& request) {
  const CanonicalHeaders headers = CanonicalHeadersOf(request.headers);
  return CanonicalText(request, headers, SignedNames(headers));
}

std::string AwsSigningKey(const Secret& secret_access_key, std::string_view day,
                          std::string_view region, std::string_view service) {
  std::string key = HmacSha256("AWS4" + std::string(secret_access_key.Reveal()), day);
  for (const std::string_view text : {region, service, std::string_view("aws4_request")}) {
    key = HmacSha256(key, text);
  }
  return key;
}

std::string SignAwsRequest(const AwsRequest& request, const AwsCredentials& credentials,
                           std::string_view service, int64_t unix_seconds) {
  const std::string date =
      absl::FormatTime("%Y%m%dT%H%M%SZ", absl::FromUnixSeconds(unix_seconds), absl::UTCTimeZone());
  const std::string day = date.substr(0, 8);
  const std::string_view token = credentials.session_token.Reveal();
  std::vector<net::HeaderView> fields(request.headers.begin(), request.headers.end());
  fields.push_back({kDateHeader, date});
  if (!token.empty()) fields.push_back({kTokenHeader, token});
  const CanonicalHeaders headers = CanonicalHeadersOf(fields);
  const std::string names = SignedNames(headers);
  const std::string canonical = CanonicalText(request, headers, names);

  const std::string scope =
      day + "/" + credentials.region + "/" + std::string(service) + "/aws4_request";
  const std::string_view pieces[] = {canonical};
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + date + "\n" + scope + "\n" + Sha256Hex(pieces);
  const std::string signature = HexOf(HmacSha256(
      AwsSigningKey(credentials.secret_access_key, day, credentials.region, service), to_sign));

  std::string lines;
  lines.append(kDateHeader).append(": ").append(date).append("\r\n");
  if (!token.empty()) lines.append(kTokenHeader).append(": ").append(token).append("\r\n");
  lines.append("authorization: ").append(kAlgorithm);
  lines.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  lines.append(", SignedHeaders=").append(names);
  lines.append(", Signature=").append(signature).append("\r\n");
  return lines;
}

}  // namespace junctor::engine
