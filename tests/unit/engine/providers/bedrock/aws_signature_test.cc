// Signature Version 4 against known answers: AWS's own published ones (A, B), and two of Bedrock's
// on which two other implementations agree (C, D).
#include "engine/providers/bedrock/aws_signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace junctor::engine {
namespace {

constexpr int64_t kTime = 1440938160;  // 2015-08-30T12:36:00Z
constexpr std::string_view kDate = "20150830T123600Z";
constexpr std::string_view kBedrockHost = "bedrock-runtime.us-east-1.amazonaws.com";
constexpr std::string_view kBedrockPath =
    "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse";
constexpr std::string_view kBedrockBody =
    R"({"messages":[{"role":"user","content":[{"text":"hi"}]}]})";

// AWS's published example values.
AwsCredentials Credentials(const std::string& session_token = "") {
  return {"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret(session_token),
          "us-east-1"};
}

std::string HashOf(const std::string& text) {
  const std::string_view pieces[] = {text};
  return Sha256Hex(pieces);
}

struct SignatureCase {
  std::string_view name;
  std::string_view service;
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::vector<net::HeaderView> headers;
  std::string_view body;
  std::string_view session_token;
  std::string_view canonical_hash;  // empty: not known
  std::string_view key;
  std::string_view signed_names;
  std::string_view signature;
};

std::vector<SignatureCase> Cases() {
  return {
      {"A",
       "service",
       "GET",
       "/",
       "",
       {{"Host", "example.amazonaws.com"}},
       "",
       "",
       "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
       "938127b5336810ddb6a5d6af445fcac9e371f9ed418ed386b022aed82901be75",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"B",
       "iam",
       "GET",
       "/",
       "Action=ListUsers&Version=2010-05-08",
       {{"Host", "iam.amazonaws.com"},
        {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "",
       "",
       "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
       "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
       "content-type;host;x-amz-date",
       "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
      {"C",
       kBedrockService,
       "POST",
       kBedrockPath,
       "",
       {{"host", kBedrockHost}, {"content-type", "application/json"}},
       kBedrockBody,
       "",
       "70063920c38a0ff3e5f2d03983179e180c93a3c260cbe8f3e4d844bf97c892a0",
       "90e694a0eeb93605dc6a1e798b98fe0e790776a911d2494317b06246c599ba53",
       "content-type;host;x-amz-date",
       "b2d89376425920647b8197be6560da5f53c4d9cc5ac66b56efafa43ba66c9022"},
      {"D",
       kBedrockService,
       "POST",
       kBedrockPath,
       "",
       {{"host", kBedrockHost}, {"content-type", "application/json"}},
       kBedrockBody,
       "EXAMPLESESSIONTOKEN==",
       "",
       "90e694a0eeb93605dc6a1e798b98fe0e790776a911d2494317b06246c599ba53",
       "content-type;host;x-amz-date;x-amz-security-token",
       "4e1c04658cbc0b8e1a2c486cc7c8793ff983679da4d10bafd3a7529015b4f416"},
  };
}

TEST(AwsSignature, IsThatOfTheKnownAnswers) {
  for (const SignatureCase& one : Cases()) {
    SCOPED_TRACE(one.name);
    // The body in two pieces: what is signed is their bytes together.
    const std::string_view body[] = {one.body.substr(0, one.body.size() / 2),
                                     one.body.substr(one.body.size() / 2)};
    AwsRequest request{one.method, one.path, one.query, one.headers, body};
    const AwsCredentials credentials = Credentials(std::string(one.session_token));

    EXPECT_EQ(absl::BytesToHexString(AwsSigningKey(credentials.secret_access_key, "20150830",
                                                   "us-east-1", one.service)),
              one.key);

    const std::string lines = SignAwsRequest(request, credentials, one.service, kTime);
    std::string expected = "x-amz-date: " + std::string(kDate) + "\r\n";
    if (!one.session_token.empty()) {
      expected += "x-amz-security-token: " + std::string(one.session_token) + "\r\n";
    }
    expected += "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" +
                std::string(one.service) +
                "/aws4_request, SignedHeaders=" + std::string(one.signed_names) +
                ", Signature=" + std::string(one.signature) + "\r\n";
    EXPECT_EQ(lines, expected);

    if (one.canonical_hash.empty()) continue;
    std::vector<net::HeaderView> with_date = one.headers;
    with_date.push_back({"X-Amz-Date", kDate});
    request.headers = with_date;
    EXPECT_EQ(HashOf(AwsCanonicalRequest(request)), one.canonical_hash);
  }
}

TEST(AwsSignature, CanonicalRequestOfBedrock) {
  const net::HeaderView headers[] = {
      {"x-amz-date", kDate}, {"host", kBedrockHost}, {"content-type", "application/json"}};
  const std::string_view body[] = {kBedrockBody};
  EXPECT_EQ(AwsCanonicalRequest({"POST", kBedrockPath, "", headers, body}),
            "POST\n"
            "/model/anthropic.claude-3-haiku-20240307-v1%253A0/converse\n"
            "\n"
            "content-type:application/json\n"
            "host:bedrock-runtime.us-east-1.amazonaws.com\n"
            "x-amz-date:20150830T123600Z\n"
            "\n"
            "content-type;host;x-amz-date\n"
            "c3335e07d6e89650bf94cb98664be69f8774dbc3198df221f113db0a59ea14f0");
}

TEST(AwsSignature, CanonicalFormOfHeadersAndQuery) {
  struct QueryCase {
    std::string_view query, canonical;
  };
  const QueryCase queries[] = {
      {"", ""},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1", "a=1&a=2"},
      {"flag&a=", "a=&flag="},
      {"a=b=c", "a=b%3Dc"},
      {"a=%7e%2F&&b=x%20y", "a=~%2F&b=x%20y"},
      {"a=100%", "a=100%25"},
  };
  for (const QueryCase& one : queries) {
    const std::string canonical = AwsCanonicalRequest({"GET", "", one.query, {}, {}});
    EXPECT_TRUE(canonical.starts_with("GET\n/\n" + std::string(one.canonical) + "\n\n\n"))
        << canonical << "\n"
        << one.query;
  }
  const net::HeaderView headers[] = {
      {"My-Header", "  a   b  c "}, {"Host", "h"}, {"my-header", "d"}};
  EXPECT_NE(AwsCanonicalRequest({"GET", "/", "", headers, {}})
                .find("\nhost:h\nmy-header:a b c,d\n\nhost;my-header\n"),
            std::string::npos);
}

TEST(AwsSignature, TellsNoSecret) {
  const net::HeaderView headers[] = {{"host", kBedrockHost}};
  const std::string lines = SignAwsRequest({"POST", kBedrockPath, "", headers, {}}, Credentials(),
                                           kBedrockService, kTime);
  EXPECT_EQ(lines.find("wJalrXUtnFEMI"), std::string::npos);
}

}  // namespace
}  // namespace junctor::engine
