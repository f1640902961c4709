// Which headers reach a provider's own endpoint, and whose key goes with them.
#include "engine/providers/native/native_credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/engine/providers/native/native_testing.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kGatewayToken = "gw-token";

struct Sent {
  CredentialSource source;
  std::string head;
};

Sent Send(const ProviderRecord& record, std::initializer_list<net::HeaderView> headers,
          std::string_view key = {}, std::string_view target = "/v1/a/g/x") {
  net::RequestHead caller;
  caller.method = "POST";
  caller.target = target;
  caller.headers = Headers(headers);
  NativeCredential credential;
  credential.is_gateway_token = [](std::string_view token) { return token == kGatewayToken; };
  credential.key = key;
  Sent sent;
  sent.source = AppendNativeRequestHeaders(caller, record, credential, &sent.head);
  return sent;
}

TEST(NativeCredentialsTest, OnlyWhatIsMeantForTheProviderIsForwarded) {
  const Sent sent = Send(BuiltIn("openai"), {{"Host", "gateway"},
                                             {"Content-Type", "multipart/form-data; boundary=x"},
                                             {"Content-Length", "5"},
                                             {"Accept-Encoding", "gzip, br"},
                                             {"Connection", "keep-alive, X-Hop"},
                                             {"X-Hop", "1"},
                                             {"Keep-Alive", "5"},
                                             {"Transfer-Encoding", "chunked"},
                                             {"TE", "trailers"},
                                             {"Upgrade", "h2c"},
                                             {"Expect", "100-continue"},
                                             {"Proxy-Authorization", "Basic x"},
                                             {"cf-aig-authorization", "Bearer gw-token"},
                                             {"cf-aig-metadata", "{}"},
                                             {"CF-Connecting-IP", "1.2.3.4"},
                                             {"cf-cache-ttl", "1"},
                                             {"X-Forwarded-For", "1.2.3.4"},
                                             {"X-Real-IP", "1.2.3.4"},
                                             {"Forwarded", "for=1.2.3.4"},
                                             {"Via", "1.1 x"},
                                             {"Cookie", "a=b"},
                                             {"OpenAI-Organization", "org"},
                                             {"X-Stainless-Lang", "js"}});
  EXPECT_EQ(sent.head,
            "Content-Type: multipart/form-data; boundary=x\r\n"
            "Accept-Encoding: gzip, br\r\n"
            "OpenAI-Organization: org\r\n"
            "X-Stainless-Lang: js\r\n");
  EXPECT_EQ(sent.source, CredentialSource::kNone);
}

// What a client sends, and what is left of it together with the configured key `stored`.
struct CredentialCase {
  const char* what;
  const char* slug;
  std::vector<net::HeaderView> headers;
  const char* head;
  CredentialSource source;
};

TEST(NativeCredentialsTest, CredentialsAreTheCallersOrElseTheConfiguredOnes) {
  const CredentialCase kCases[] = {
      {"its own key goes as it was sent",
       "openai",
       {{"Authorization", "Bearer mine"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"Cohere's Token scheme",
       "cohere",
       {{"Authorization", "Token mine"}},
       "Authorization: Token mine\r\n",
       CredentialSource::kCaller},
      {"Fal's Key scheme",
       "fal",
       {{"Authorization", "Key mine"}},
       "Authorization: Key mine\r\n",
       CredentialSource::kCaller},
      {"Fal with a bearer token",
       "fal",
       {{"Authorization", "Bearer mine"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"Baseten's Api-Key scheme",
       "baseten",
       {{"Authorization", "Api-Key mine"}},
       "Authorization: Api-Key mine\r\n",
       CredentialSource::kCaller},
      {"Replicate's older scheme",
       "replicate",
       {{"authorization", "Token mine"}},
       "authorization: Token mine\r\n",
       CredentialSource::kCaller},
      {"Deepgram's short-lived token",
       "deepgram",
       {{"Authorization", "Bearer mine"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"no credential: the configured key",
       "openai",
       {},
       "authorization: Bearer stored\r\n",
       CredentialSource::kGateway},
      {"no credential: with Deepgram's scheme",
       "deepgram",
       {},
       "authorization: Token stored\r\n",
       CredentialSource::kGateway},
      {"no credential: in Anthropic's header",
       "anthropic",
       {},
       "x-api-key: stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token as bearer",
       "openai",
       {{"Authorization", "Bearer gw-token"}},
       "authorization: Bearer stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token under any scheme",
       "cohere",
       {{"Authorization", "token  gw-token "}},
       "authorization: Bearer stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token as x-api-key",
       "anthropic",
       {{"X-Api-Key", "gw-token"}},
       "x-api-key: stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token as x-goog-api-key",
       "google-ai-studio",
       {{"x-goog-api-key", "gw-token"}},
       "x-goog-api-key: stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token as api-key",
       "azure-openai",
       {{"api-key", "gw-token"}},
       "api-key: stored\r\n",
       CredentialSource::kGateway},
      {"the gateway's token in a header of no meaning",
       "openai",
       {{"Authorization", "Bearer mine"}, {"x-token", "gw-token"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"Anthropic: the gateway's token beside the provider's key",
       "anthropic",
       {{"Authorization", "Bearer gw-token"}, {"x-api-key", "mine"}},
       "x-api-key: mine\r\n",
       CredentialSource::kCaller},
      {"Anthropic: an OAuth token",
       "anthropic",
       {{"Authorization", "Bearer sk-ant-oat01-x"}},
       "Authorization: Bearer sk-ant-oat01-x\r\n",
       CredentialSource::kCaller},
      {"credentials of other providers are dropped",
       "openai",
       {{"x-api-key", "a"},
        {"x-goog-api-key", "b"},
        {"api-key", "c"},
        {"xi-api-key", "d"},
        {"x-amz-security-token", "e"},
        {"Authorization", "Bearer mine"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"only another provider's credential: the configured key",
       "elevenlabs",
       {{"Authorization", "Bearer x"}},
       "xi-api-key: stored\r\n",
       CredentialSource::kGateway},
      {"xAI takes Anthropic's header",
       "grok",
       {{"x-api-key", "mine"}},
       "x-api-key: mine\r\n",
       CredentialSource::kCaller},
      {"Azure takes Entra tokens",
       "azure-openai",
       {{"Authorization", "Bearer entra"}},
       "Authorization: Bearer entra\r\n",
       CredentialSource::kCaller},
      {"Parallel's chat takes a bearer token",
       "parallel",
       {{"Authorization", "Bearer mine"}},
       "Authorization: Bearer mine\r\n",
       CredentialSource::kCaller},
      {"a scheme without a key is no credential",
       "openai",
       {{"Authorization", "Bearer "}},
       "authorization: Bearer stored\r\n",
       CredentialSource::kGateway},
      {"an empty credential is none",
       "anthropic",
       {{"x-api-key", ""}},
       "x-api-key: stored\r\n",
       CredentialSource::kGateway},
  };
  for (const CredentialCase& one : kCases) {
    SCOPED_TRACE(one.what);
    net::RequestHead caller;
    caller.target = "/x";
    for (const net::HeaderView& header : one.headers) caller.headers.push_back(header);
    NativeCredential credential;
    credential.is_gateway_token = [](std::string_view token) { return token == kGatewayToken; };
    credential.key = "stored";
    std::string head;
    EXPECT_EQ(AppendNativeRequestHeaders(caller, BuiltIn(one.slug), credential, &head), one.source);
    EXPECT_EQ(head, one.head);
  }
}

TEST(NativeCredentialsTest, WithoutAConfiguredKeyTheGatewaysTokenLeavesNothing) {
  const Sent sent = Send(BuiltIn("openai"), {{"Authorization", "Bearer gw-token"}});
  EXPECT_EQ(sent.head, "");
  EXPECT_EQ(sent.source, CredentialSource::kNone);
}

TEST(NativeCredentialsTest, AGatewayWithoutTokensPassesEveryCredential) {
  net::RequestHead caller;
  caller.target = "/x";
  caller.headers = Headers({{"Authorization", "Bearer anything"}});
  std::string head;
  EXPECT_EQ(AppendNativeRequestHeaders(caller, BuiltIn("openai"), {}, &head),
            CredentialSource::kCaller);
  EXPECT_EQ(head, "Authorization: Bearer anything\r\n");
}

TEST(NativeCredentialsTest, AConfiguredOAuthTokenGoesAsABearerToken) {
  EXPECT_EQ(Send(BuiltIn("anthropic"), {}, "sk-ant-oat01-x").head,
            "authorization: Bearer sk-ant-oat01-x\r\n");
}

TEST(NativeCredentialsTest, ACustomProviderGetsWhateverTheClientSends) {
  const ProviderRecord custom = Custom("custom-acme", "https://a.example");
  const Sent sent = Send(custom, {{"x-api-key", "a"}, {"api-key", "b"}}, "stored");
  EXPECT_EQ(sent.head, "x-api-key: a\r\napi-key: b\r\n");
  EXPECT_EQ(sent.source, CredentialSource::kCaller);
  EXPECT_EQ(Send(custom, {{"x-api-key", "gw-token"}}, "stored").head,
            "authorization: Bearer stored\r\n");
}

TEST(NativeCredentialsTest, AKeyInTheQueryIsACredential) {
  const ProviderRecord google = BuiltIn("google-ai-studio");
  EXPECT_EQ(Send(google, {}, "stored", "/x?alt=sse&key=mine").source, CredentialSource::kCaller);
  EXPECT_EQ(Send(google, {}, "stored", "/x?alt=sse&key=").source, CredentialSource::kGateway);
  EXPECT_EQ(Send(google, {}, "stored", "/x?monkey=mine").source, CredentialSource::kGateway);
  EXPECT_EQ(Send(google, {}, "stored", "/x?key=gw-token").source, CredentialSource::kGateway);
  EXPECT_EQ(Send(google, {}, "stored", "/x?key=gw%2Dtoken").source, CredentialSource::kGateway);
  EXPECT_EQ(Send(BuiltIn("openai"), {}, "stored", "/x?key=mine").source,
            CredentialSource::kGateway);
}

TEST(NativeCredentialsTest, TheGatewaysTokenIsTakenOutOfTheQuery) {
  NativeCredential credential;
  credential.is_gateway_token = [](std::string_view token) { return token == kGatewayToken; };
  const struct {
    const char* query;
    const char* kept;
  } kCases[] = {
      {"", ""},
      {"key=gw-token", ""},
      {"alt=sse&key=gw-token", "alt=sse"},
      {"key=gw-token&alt=sse", "alt=sse"},
      {"a=1&api_key=gw%2dtoken&b=%41", "a=1&b=%41"},
      {"a=1&&b&=&key=mine", "a=1&&b&=&key=mine"},
      {"key=gw-token%", "key=gw-token%"},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(QueryWithoutGatewayToken(one.query, credential), one.kept) << one.query;
  }
}

constexpr net::HeaderView kSignature = {
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/bedrock/aws4_request, "
    "SignedHeaders=cf-odd;connection;content-length;content-type;cookie;host;transfer-encoding;"
    "x-amz-date;x-amz-security-token;x-forwarded-for, Signature=abc"};

TEST(NativeCredentialsTest, ASignedRequestKeepsEverythingThatWasSigned) {
  const Sent sent = Send(BuiltIn("aws-bedrock"),
                         {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"},
                          kSignature,
                          {"X-Amz-Date", "20260101T000000Z"},
                          {"X-Amz-Security-Token", "session"},
                          {"Content-Type", "application/json"},
                          {"cf-odd", "signed"},
                          {"Cookie", "signed=1"},
                          {"X-Forwarded-For", "signed"},
                          {"X-Real-IP", "1.2.3.4"},
                          {"Content-Length", "5"},
                          {"Connection", "close"},
                          {"Transfer-Encoding", "chunked"},
                          {"cf-aig-authorization", "Bearer gw-token"},
                          {"x-unsigned", "1"}},
                         "stored");
  EXPECT_EQ(sent.head, "Authorization: " + std::string(kSignature.value) +
                           "\r\n"
                           "X-Amz-Date: 20260101T000000Z\r\n"
                           "X-Amz-Security-Token: session\r\n"
                           "Content-Type: application/json\r\n"
                           "cf-odd: signed\r\n"
                           "Cookie: signed=1\r\n"
                           "X-Forwarded-For: signed\r\n"
                           "x-unsigned: 1\r\n");
  EXPECT_EQ(sent.source, CredentialSource::kCaller);
}

TEST(NativeCredentialsTest, ASignatureCantCarryTheGatewaysTokenOut) {
  const Sent sent =
      Send(BuiltIn("aws-bedrock"),
           {{"Authorization",
             "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=cf-aig-authorization;x-b, Signature=c"},
            {"cf-aig-authorization", "Bearer other"},
            {"x-b", "gw-token"}});
  EXPECT_EQ(sent.head,
            "Authorization: AWS4-HMAC-SHA256 Credential=a, "
            "SignedHeaders=cf-aig-authorization;x-b, Signature=c\r\n");
}

TEST(NativeCredentialsTest, ABedrockRequestThatIsNotSignedCarriesNoSessionToken) {
  const Sent sent = Send(BuiltIn("aws-bedrock"), {{"x-amz-security-token", "session"}}, "stored");
  EXPECT_EQ(sent.head, "authorization: Bearer stored\r\n");
}

TEST(NativeCredentialsTest, FalsTargetHeaderStaysHere) {
  const net::HeaderView target = {"X-Fal-Target-URL", "https://fal.run/x"};
  EXPECT_EQ(Send(BuiltIn("fal"), {target}).head, "");
  EXPECT_EQ(Send(BuiltIn("openai"), {target}).head, "X-Fal-Target-URL: https://fal.run/x\r\n");
}

}  // namespace
}  // namespace junctor::engine
