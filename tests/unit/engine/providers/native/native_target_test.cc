// Where requests on providers' own endpoints go.
#include "engine/providers/native/native_target.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/unit/engine/providers/native/native_testing.h"

namespace junctor::engine {
namespace {

std::string UrlOf(const NativeTarget& target) {
  return (target.url.tls ? "https://" : "http://") + target.url.authority + target.path_and_query;
}

// `rest` with its query, as a request's target has them.
absl::StatusOr<NativeTarget> TargetOf(const ProviderRecord& record, std::string_view target,
                                      const net::HeaderList& headers = {}) {
  const size_t question = std::min(target.find('?'), target.size());
  return MakeNativeTarget(record, target.substr(0, question),
                          target.substr(std::min(question + 1, target.size())), headers);
}

struct PathCase {
  const char* slug;
  const char* target;
  const char* url;
};

const PathCase kBuiltInPaths[] = {
    {"anthropic", "/v1/messages", "https://api.anthropic.com/v1/messages"},
    {"anthropic", "/v1/messages/batches/b1?limit=2",
     "https://api.anthropic.com/v1/messages/batches/b1?limit=2"},
    {"openai", "/chat/completions", "https://api.openai.com/v1/chat/completions"},
    {"openai", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions"},
    {"openai", "/v1", "https://api.openai.com/v1"},
    {"openai", "", "https://api.openai.com/v1"},
    {"openai", "/v10/x", "https://api.openai.com/v1/v10/x"},
    {"openai", "/files/file-1/content", "https://api.openai.com/v1/files/file-1/content"},
    {"groq", "/chat/completions", "https://api.groq.com/openai/v1/chat/completions"},
    {"groq", "/v1/models", "https://api.groq.com/openai/v1/models"},
    {"mistral", "/v1/chat/completions", "https://api.mistral.ai/v1/chat/completions"},
    {"mistral", "/chat/completions", "https://api.mistral.ai/v1/chat/completions"},
    {"cohere", "/v1/chat", "https://api.cohere.ai/v1/chat"},
    {"cohere", "/v2/chat", "https://api.cohere.ai/v2/chat"},
    {"cohere", "/chat", "https://api.cohere.ai/v1/chat"},
    {"perplexity-ai", "/chat/completions", "https://api.perplexity.ai/chat/completions"},
    {"google-ai-studio", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=k%2B1",
     "https://generativelanguage.googleapis.com/v1beta/models/"
     "gemini-2.5-pro:streamGenerateContent?alt=sse&key=k%2B1"},
    {"google-vertex-ai",
     "/v1/projects/p/locations/us-east4/publishers/google/models/m:generateContent",
     "https://us-east4-aiplatform.googleapis.com/v1/projects/p/locations/us-east4/publishers/"
     "google/models/m:generateContent"},
    {"google-vertex-ai", "/v1/projects/p/locations/global/publishers/google/models/m:predict",
     "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/"
     "m:predict"},
    {"grok", "/v1/chat/completions", "https://api.x.ai/v1/chat/completions"},
    {"grok", "/chat/completions", "https://api.x.ai/v1/chat/completions"},
    {"deepseek", "/chat/completions", "https://api.deepseek.com/chat/completions"},
    {"deepseek", "/v1/chat/completions", "https://api.deepseek.com/v1/chat/completions"},
    {"cerebras", "/chat/completions", "https://api.cerebras.ai/v1/chat/completions"},
    {"cerebras", "/v1/chat/completions", "https://api.cerebras.ai/v1/chat/completions"},
    {"baseten", "/v1/chat/completions", "https://inference.baseten.co/v1/chat/completions"},
    {"baseten", "/chat/completions", "https://inference.baseten.co/v1/chat/completions"},
    {"baseten", "/model/abc-1",
     "https://model-abc-1.api.baseten.co/environments/production/predict"},
    {"baseten", "/model/abc1/",
     "https://model-abc1.api.baseten.co/environments/production/predict"},
    {"baseten", "/model/abc1/deployment/d/predict?x=1",
     "https://model-abc1.api.baseten.co/deployment/d/predict?x=1"},
    {"parallel", "/v1/tasks/runs", "https://api.parallel.ai/v1/tasks/runs"},
    {"parallel", "/v1beta/search", "https://api.parallel.ai/v1beta/search"},
    {"azure-openai", "/my-res/gpt4/chat/completions?api-version=2025-01-01",
     "https://my-res.openai.azure.com/openai/deployments/gpt4/chat/completions"
     "?api-version=2025-01-01"},
    {"azure-openai", "/my-res/gpt4/chat/completions",
     "https://my-res.openai.azure.com/openai/deployments/gpt4/chat/completions"
     "?api-version=2024-10-21"},
    {"azure-openai", "/my-res/gpt4/chat/completions?a=b",
     "https://my-res.openai.azure.com/openai/deployments/gpt4/chat/completions"
     "?a=b&api-version=2024-10-21"},
    {"azure-openai", "/my-res/deployments/gpt4/embeddings?API-Version=1",
     "https://my-res.openai.azure.com/openai/deployments/gpt4/embeddings?API-Version=1"},
    {"azure-openai", "/my-res/openai/deployments/gpt4/chat/completions?api-version=1",
     "https://my-res.openai.azure.com/openai/deployments/gpt4/chat/completions?api-version=1"},
    {"azure-openai", "/my-res/openai/v1/responses",
     "https://my-res.openai.azure.com/openai/v1/responses"},
    {"azure-openai", "/my-res/openai/models",
     "https://my-res.openai.azure.com/openai/models?api-version=2024-10-21"},
    {"aws-bedrock", "/bedrock-runtime/us-east-1/model/anthropic.claude-v2%3A1/converse",
     "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-v2%3A1/converse"},
    {"aws-bedrock", "/bedrock-agent-runtime/eu-west-3/agents/a?x=%20y",
     "https://bedrock-agent-runtime.eu-west-3.amazonaws.com/agents/a?x=%20y"},
    {"aws-bedrock", "/bedrock/eu-west-3/foundation-models",
     "https://bedrock.eu-west-3.amazonaws.com/foundation-models"},
    {"cartesia", "/v1/tts/bytes", "https://api.cartesia.ai/tts/bytes"},
    {"cartesia", "/tts/bytes", "https://api.cartesia.ai/tts/bytes"},
    {"deepgram", "/v1/listen?model=nova-3&punctuate=true",
     "https://api.deepgram.com/v1/listen?model=nova-3&punctuate=true"},
    {"elevenlabs", "/v1/text-to-speech/JBF?output_format=mp3_44100_128",
     "https://api.elevenlabs.io/v1/text-to-speech/JBF?output_format=mp3_44100_128"},
    {"fal", "/fal-ai/fast-sdxl", "https://fal.run/fal-ai/fast-sdxl"},
    {"huggingface", "/v1/chat/completions", "https://router.huggingface.co/v1/chat/completions"},
    {"huggingface", "/bigcode/starcoder",
     "https://router.huggingface.co/hf-inference/models/bigcode/starcoder"},
    {"huggingface", "/hf-inference/models/bigcode/starcoder",
     "https://router.huggingface.co/hf-inference/models/bigcode/starcoder"},
    {"ideogram", "/v1/ideogram-v3/generate", "https://api.ideogram.ai/v1/ideogram-v3/generate"},
    {"openrouter", "/v1/chat/completions", "https://openrouter.ai/api/v1/chat/completions"},
    {"openrouter", "/chat/completions", "https://openrouter.ai/api/v1/chat/completions"},
    {"replicate", "/predictions", "https://api.replicate.com/v1/predictions"},
    {"replicate", "/v1/predictions", "https://api.replicate.com/v1/predictions"},
};

TEST(NativeTargetTest, PathsGoWhereTheProviderHasThem) {
  for (const PathCase& one : kBuiltInPaths) {
    SCOPED_TRACE(std::string(one.slug) + one.target);
    const auto target = TargetOf(BuiltIn(one.slug), one.target);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(UrlOf(*target), one.url);
    EXPECT_EQ(target->url.host, target->url.authority);
    EXPECT_EQ(target->url.port, 443);
    EXPECT_FALSE(target->client_signed);
  }
}

TEST(NativeTargetTest, EveryBuiltInProviderIsInTheTable) {
  std::set<std::string> slugs = {"demo", "workers-ai"};  // tested below
  for (const PathCase& one : kBuiltInPaths) slugs.insert(one.slug);
  for (const ProviderRecord& record : BuiltInProviders()) {
    EXPECT_TRUE(slugs.contains(record.slug)) << record.slug;
  }
}

TEST(NativeTargetTest, WorkersAiRunsModelsByName) {
  ProviderRecord record = BuiltIn("workers-ai");
  EXPECT_FALSE(TargetOf(record, "/v1/chat/completions").ok()) << "no account is configured";
  record.settings.account = "acc1";
  const PathCase kCases[] = {
      {"", "/v1/chat/completions", "/v1/chat/completions"},
      {"", "/@cf/meta/llama-3.1-8b-instruct", "/run/@cf/meta/llama-3.1-8b-instruct"},
      {"", "/run/@cf/meta/llama-3.1-8b-instruct", "/run/@cf/meta/llama-3.1-8b-instruct"},
  };
  for (const PathCase& one : kCases) {
    const auto target = TargetOf(record, one.target);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(UrlOf(*target),
              std::string("https://api.cloudflare.com/client/v4/accounts/acc1/ai") + one.url);
  }
}

TEST(NativeTargetTest, AConfiguredBaseUrlKeepsItsHost) {
  const struct {
    const char* slug;
    const char* base_url;
    const char* target;
    const char* url;
  } kCases[] = {
      {"openai", "http://127.0.0.1:9/v1", "/v1/chat/completions", "/v1/chat/completions"},
      {"openai", "http://127.0.0.1:9", "/v1/chat/completions", "/chat/completions"},
      {"anthropic", "http://127.0.0.1:9/v1", "/v1/messages", "/v1/messages"},
      {"mistral", "http://127.0.0.1:9/v1", "/v1/chat/completions", "/v1/chat/completions"},
      {"mistral", "http://127.0.0.1:9/v1", "/chat/completions", "/v1/chat/completions"},
      {"cohere", "http://127.0.0.1:9/v1", "/v2/chat", "/v2/chat"},
      {"google-vertex-ai", "http://127.0.0.1:9", "/v1/projects/p/locations/r/x",
       "/v1/projects/p/locations/r/x"},
      {"azure-openai", "http://127.0.0.1:9", "/res/dep/chat/completions?api-version=1",
       "/deployments/dep/chat/completions?api-version=1"},
      {"azure-openai", "http://127.0.0.1:9/openai", "/res/openai/v1/responses",
       "/openai/v1/responses"},
      {"aws-bedrock", "http://127.0.0.1:9", "/bedrock-runtime/us-east-1/model/m/converse",
       "/model/m/converse"},
      {"baseten", "http://127.0.0.1:9", "/model/abc", "/environments/production/predict"},
      {"baseten", "http://127.0.0.1:9", "/model/abc/sync/x", "/sync/x"},
      {"fal", "http://127.0.0.1:9", "/fal-ai/flux", "/fal-ai/flux"},
      {"huggingface", "http://127.0.0.1:9", "/gpt2", "/hf-inference/models/gpt2"},
      {"huggingface", "http://127.0.0.1:9/models", "/gpt2", "/models/gpt2"},
      {"workers-ai", "http://127.0.0.1:9", "/@cf/meta/x", "/run/@cf/meta/x"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(std::string(one.slug) + " at " + one.base_url + one.target);
    const auto target = TargetOf(WithBaseUrl(BuiltIn(one.slug), one.base_url), one.target);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(UrlOf(*target), std::string("http://127.0.0.1:9") + one.url);
  }
}

TEST(NativeTargetTest, ACustomProviderIsCalledExactlyAsItsBaseUrlSays) {
  const struct {
    const char* base_url;
    const char* target;
    const char* url;
  } kCases[] = {
      {"https://llm.example", "/v1/chat/completions", "https://llm.example/v1/chat/completions"},
      {"https://llm.example/api/v1", "/v1/x", "https://llm.example/api/v1/v1/x"},
      {"https://llm.example/api", "/a%2Fb/c;d=e//f?x=%41&y=+&z",
       "https://llm.example/api/a%2Fb/c;d=e//f?x=%41&y=+&z"},
      {"https://llm.example/api", "", "https://llm.example/api"},
      {"https://llm.example", "", "https://llm.example/"},
      {"https://llm.example/api", "/", "https://llm.example/api/"},
  };
  for (const auto& one : kCases) {
    const auto target = TargetOf(Custom("custom-acme", one.base_url), one.target);
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(UrlOf(*target), one.url);
  }
  // A custom provider that has the name of a rule is still the operator's own.
  const auto target = TargetOf(Custom("fal", "https://llm.example"), "/x",
                               Headers({{"x-fal-target-url", "https://fal.run/y"}}));
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(UrlOf(*target), "https://llm.example/x");
}

TEST(NativeTargetTest, AnUnsafePathIsRefused) {
  const struct {
    const char* path;
    const char* message;
  } kCases[] = {
      {"/..", "the path holds a `..` segment"},
      {"/a/../b", "the path holds a `..` segment"},
      {"/a/%2e%2e/b", "the path holds a `..` segment"},
      {"/a/%2E./b", "the path holds a `..` segment"},
      {"/a/.%2e", "the path holds a `..` segment"},
      {"/a/b%2f..%2Fc", "the path holds a `..` segment"},
      {"/a%5c..%5Cc", "the path holds a `..` segment"},
      {"/a\\b", "the path holds a backslash"},
      {"/a#b", "the path holds a `#`"},
      {"/a?b", "the path holds a second `?`"},
      {"/a b", "the path holds a space or a control character"},
      {"/a\r\nHost: x", "the path holds a space or a control character"},
      {"/a\x7f", "the path holds a space or a control character"},
  };
  for (const ProviderRecord& record :
       {BuiltIn("openai"), BuiltIn("aws-bedrock"), Custom("custom-a", "https://a.example")}) {
    for (const auto& one : kCases) {
      SCOPED_TRACE(record.slug + one.path);
      const auto target = MakeNativeTarget(record, one.path, "", {});
      ASSERT_FALSE(target.ok());
      EXPECT_EQ(target.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(target.status().message(), one.message);
    }
  }
}

TEST(NativeTargetTest, DotsThatAreNoParentSegmentPass) {
  for (const char* path : {"/a/...", "/..a", "/a..", "/a.%2e.b", "/.", "/%2e", "/a/%252e%252e/b",
                           "/%2e%2e%2e", "/caf\xc3\xa9"}) {
    const auto target = MakeNativeTarget(Custom("custom-a", "https://a.example"), path, "", {});
    ASSERT_TRUE(target.ok()) << path << ": " << target.status();
    EXPECT_EQ(target->path_and_query, path);
  }
}

TEST(NativeTargetTest, AnUnsafeQueryIsRefused) {
  for (const char* query : {"a=b c", "a=\n", "a#b", "a\x7f"}) {
    EXPECT_FALSE(MakeNativeTarget(BuiltIn("openai"), "/models", query, {}).ok()) << query;
  }
  const auto target = MakeNativeTarget(BuiltIn("openai"), "/models", "a=../..\\?b=%00", {});
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path_and_query, "/v1/models?a=../..\\?b=%00");
}

TEST(NativeTargetTest, APathOfAnotherFormIsRefusedWithTheForm) {
  const struct {
    const char* slug;
    const char* path;
    const char* message;
  } kCases[] = {
      {"demo", "/x", "the provider `demo` has no endpoint of its own"},
      {"aws-bedrock", "/model/m/converse",
       "expected `bedrock-runtime/{region}/…`, or another service of Bedrock's, found `model`"},
      {"aws-bedrock", "/s3/us-east-1/x",
       "expected `bedrock-runtime/{region}/…`, or another service of Bedrock's, found `s3`"},
      {"aws-bedrock", "/bedrock.evil.example/us-east-1/x",
       "expected `bedrock-runtime/{region}/…`, or another service of Bedrock's, found "
       "`bedrock.evil.example`"},
      {"aws-bedrock", "/bedrock-runtime/us.evil/x",
       "expected a region such as `us-east-1` after `bedrock-runtime`, found `us.evil`"},
      {"aws-bedrock", "/bedrock-runtime",
       "expected a region such as `us-east-1` after `bedrock-runtime`, found ``"},
      {"azure-openai", "/res.evil.example/dep/chat",
       "expected `{resource}/{deployment}/…` with a resource of 1 to 63 letters, digits and `-`, "
       "found the resource `res.evil.example`"},
      {"azure-openai", "/-res/dep/chat",
       "expected `{resource}/{deployment}/…` with a resource of 1 to 63 letters, digits and `-`, "
       "found the resource `-res`"},
      {"azure-openai", "/res",
       "expected `{resource}/{deployment}/…`, found no deployment after `res`"},
      {"baseten", "/model/a.b",
       "expected a Baseten model's id of letters, digits and `-`, found `a.b`"},
      {"baseten", "/model/", "expected a Baseten model's id of letters, digits and `-`, found ``"},
      {"google-vertex-ai", "/v1/projects/p/locations/evil.example%2F/x",
       "the region of provider `google-vertex-ai` has characters that can't stand in its address: "
       "letters, digits and `-` can"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(std::string(one.slug) + one.path);
    const auto target = MakeNativeTarget(BuiltIn(one.slug), one.path, "", {});
    ASSERT_FALSE(target.ok());
    EXPECT_EQ(target.status().message(), one.message);
  }
}

TEST(NativeTargetTest, VertexWithoutALocationUsesTheConfiguredRegion) {
  ProviderRecord record = BuiltIn("google-vertex-ai");
  EXPECT_FALSE(TargetOf(record, "/v1/publishers/google/models/m").ok());
  record.settings.region = "europe-west1";
  const auto target = TargetOf(record, "/v1/publishers/google/models/m");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->url.host, "europe-west1-aiplatform.googleapis.com");
}

TEST(NativeTargetTest, TheConfiguredApiVersionOfAzureIsUsed) {
  ProviderRecord record = BuiltIn("azure-openai");
  record.settings.api_version = "2026-01-01";
  const auto target = TargetOf(record, "/res/dep/chat/completions");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path_and_query,
            "/openai/deployments/dep/chat/completions?api-version=2026-01-01");
}

TEST(NativeTargetTest, BedrockTellsWhatToSignFor) {
  const struct {
    const char* path;
    const char* service;
    const char* region;
  } kCases[] = {
      {"/bedrock-runtime/us-east-1/x", "bedrock", "us-east-1"},
      {"/bedrock-agent-runtime/eu-west-3/x", "bedrock", "eu-west-3"},
      {"/bedrock-agentcore-control/eu-west-3/x", "bedrock-agentcore", "eu-west-3"},
  };
  for (const auto& one : kCases) {
    const auto target = TargetOf(BuiltIn("aws-bedrock"), one.path);
    ASSERT_TRUE(target.ok());
    EXPECT_EQ(target->aws_service, one.service);
    EXPECT_EQ(target->aws_region, one.region);
  }
}

TEST(NativeTargetTest, ACallersOwnSignatureIsSeen) {
  const net::HeaderList signed_headers = Headers(
      {{"Authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"}});
  const auto target =
      TargetOf(BuiltIn("aws-bedrock"), "/bedrock-runtime/us-east-1/x", signed_headers);
  ASSERT_TRUE(target.ok());
  EXPECT_TRUE(target->client_signed);
  const auto bearer = TargetOf(BuiltIn("aws-bedrock"), "/bedrock-runtime/us-east-1/x",
                               Headers({{"Authorization", "Bearer k"}}));
  ASSERT_TRUE(bearer.ok());
  EXPECT_FALSE(bearer->client_signed);
  const auto other = TargetOf(BuiltIn("openai"), "/models", signed_headers);
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other->client_signed);
}

TEST(NativeTargetTest, FalsTargetHeaderReplacesTheTarget) {
  const PathCase kCases[] = {
      {"https://queue.fal.run/fal-ai/flux?a=b", "/x", "https://queue.fal.run/fal-ai/flux?a=b"},
      {"https://fal.ai/api/%41", "/x?ignored=1", "https://fal.ai/api/%41"},
      {"HTTPS://REST.fal.ai", "/x", "https://REST.fal.ai/"},
      {"https://fal.run:443/y", "/x", "https://fal.run/y"},
  };
  for (const PathCase& one : kCases) {
    SCOPED_TRACE(one.slug);
    const auto target =
        TargetOf(BuiltIn("fal"), one.target, Headers({{"X-Fal-Target-Url", one.slug}}));
    ASSERT_TRUE(target.ok()) << target.status();
    EXPECT_EQ(UrlOf(*target), one.url);
  }
  const auto configured =
      TargetOf(WithBaseUrl(BuiltIn("fal"), "http://127.0.0.1:9"), "/x",
               Headers({{"x-fal-target-url", "https://queue.fal.run/fal-ai/flux?a=b"}}));
  ASSERT_TRUE(configured.ok());
  EXPECT_EQ(UrlOf(*configured), "http://127.0.0.1:9/fal-ai/flux?a=b");
}

TEST(NativeTargetTest, FalsTargetHeaderLeadsNowhereElse) {
  for (const char* url :
       {"http://fal.run/x", "https://fal.run.evil.example/x", "https://evilfal.run/x",
        "https://.fal.run/x", "https://fal.run:8443/x", "https://user@fal.run/x",
        "https://evil.example@fal.run/x", "https://evil.example/fal.run", "https://127.0.0.1/x",
        "https://fal.run./x", "https://fal.run/../x", "https://fal.run/a b", "https://fal.run/#x",
        "https://evil.example\\.fal.run/x", "//fal.run/x", "fal.run", "", "https://",
        "https:///x"}) {
    SCOPED_TRACE(url);
    const auto target = TargetOf(BuiltIn("fal"), "/x", Headers({{"x-fal-target-url", url}}));
    ASSERT_FALSE(target.ok()) << UrlOf(*target);
    EXPECT_TRUE(target.status().message().find("x-fal-target-url") != absl::string_view::npos)
        << target.status();
  }
  EXPECT_FALSE(TargetOf(BuiltIn("fal"), "/x",
                        Headers({{"x-fal-target-url", "https://fal.run/a"},
                                 {"x-fal-target-url", "https://fal.run/b"}}))
                   .ok());
}

}  // namespace
}  // namespace junctor::engine
