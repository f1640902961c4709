// The configuration file: what it yields, and that everything wrong in it is named.
#include "engine/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <type_traits>

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

EnvironmentLookup Environment(std::map<std::string, std::string> variables = {}) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

absl::StatusOr<Config> Parse(std::string_view text,
                             std::map<std::string, std::string> variables = {}) {
  return ParseConfig(text, "junctor.json", "/etc/junctor", Environment(std::move(variables)));
}

std::string ErrorOf(std::string_view text, std::map<std::string, std::string> variables = {}) {
  const auto config = Parse(text, std::move(variables));
  return config.ok() ? std::string("no error") : std::string(config.status().message());
}

TEST(ConfigTest, AnEmptyObjectGivesTheDefaults) {
  const auto config = Parse("{}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.host, "127.0.0.1");
  EXPECT_EQ(config->listen.port, 8787);
  EXPECT_EQ(config->threads, 0u);
  EXPECT_EQ(config->routes, "/etc/junctor/routes");
  EXPECT_TRUE(config->bearer_token.empty());
  EXPECT_EQ(config->limits.body_bytes, 33'554'432u);
  EXPECT_EQ(config->shutdown_timeout.count(), 30'000);
  EXPECT_EQ(config->log.level, LogLevel::kInfo);
  EXPECT_EQ(config->log.file, "-");
  EXPECT_NE(config->FindProvider("openai"), nullptr);
  EXPECT_TRUE(config->FindProvider("demo")->in_process);
}

TEST(ConfigTest, EveryKeyIsRead) {
  const auto config = Parse(R"({
    // comments are taken, and a trailing comma too
    "listen": "[::1]:0", "threads": 3, "routes": "/srv/routes",
    "auth": {"bearer_token_env": "TOKEN"},
    "limits": {"body_bytes": 1, "header_bytes": 2048, "header_timeout_ms": 11, "body_timeout_ms": 12,
               "idle_timeout_ms": 13, "connections": 14},
    "shutdown_timeout_ms": 0,
    "tls_ca_file": "/dev/null",
    "log": {"level": "warn", "file": "junctor.log"},
    "providers": [
      {"slug": "openai", "base_url": "http://127.0.0.1:9000/v1", "key_env": "KEY"},
      {"slug": "mine", "aliases": ["my"], "base_url": "http://[::1]:1/x", "chat_path": "/chat",
       "auth_header": "X-Api-Key", "version_prefix": "strip"},
    ],
  })",
                            {{"TOKEN", "t0ken"}, {"KEY", "sk-1"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.host, "::1");
  EXPECT_EQ(config->listen.port, 0);
  EXPECT_EQ(config->threads, 3u);
  EXPECT_EQ(config->routes, "/srv/routes");
  EXPECT_TRUE(config->bearer_token.Matches("t0ken"));
  EXPECT_FALSE(config->bearer_token.Matches("t0kem"));
  EXPECT_EQ(config->limits.body_bytes, 1u);
  EXPECT_EQ(config->limits.header_bytes, 2048u);
  EXPECT_EQ(config->limits.header_timeout.count(), 11);
  EXPECT_EQ(config->limits.body_timeout.count(), 12);
  EXPECT_EQ(config->limits.idle_timeout.count(), 13);
  EXPECT_EQ(config->limits.connections, 14u);
  EXPECT_EQ(config->shutdown_timeout.count(), 0);
  EXPECT_EQ(config->tls_ca_file, "/dev/null");
  EXPECT_EQ(config->log.level, LogLevel::kWarn);
  EXPECT_EQ(config->log.file, "/etc/junctor/junctor.log");

  const ProviderRecord* openai = config->FindProvider("openai");
  EXPECT_EQ(openai->base_url.port, 9000);
  EXPECT_EQ(openai->chat_path, "/chat/completions");
  EXPECT_EQ(openai->key.Reveal(), "sk-1");
  const ProviderRecord* mine = config->FindProvider("my");
  ASSERT_NE(mine, nullptr);
  EXPECT_EQ(mine->slug, "mine");
  EXPECT_EQ(mine->chat_path, "/chat");
  EXPECT_EQ(mine->auth_header, "x-api-key");
  EXPECT_EQ(mine->auth_prefix, "");
  EXPECT_EQ(mine->version_prefix, VersionPrefixRule::kStrip);
  EXPECT_TRUE(mine->key.empty());
}

TEST(ConfigTest, EveryProblemIsOneLineThatNamesKeyValueAndExpectation) {
  const struct {
    const char* name;
    const char* text;
    const char* message;
  } kCases[] = {
      {"unknown key", R"({"lisen": "a:1"})", "`lisen`: unknown key; did you mean `listen`?"},
      {"unknown key, nothing near", R"({"frobnicate": 1})", "`frobnicate`: unknown key"},
      {"unknown key below", R"({"limits": {"body_byte": 1}})",
       "`limits.body_byte`: unknown key; did you mean `body_bytes`?"},
      {"unknown key in a provider", R"({"providers": [{"slug": "openai", "baseurl": "http://a"}]})",
       "`providers[0].baseurl`: unknown key; did you mean `base_url`?"},
      {"duplicate key", R"({"threads": 1, "threads": 2})", "`threads`: the key stands there twice"},
      {"wrong type", R"({"threads": "4"})",
       "`threads`: expected a whole number from 0 to 1024, found the string `4`"},
      {"negative", R"({"threads": -1})",
       "`threads`: expected a whole number from 0 to 1024, found the number -1"},
      {"fraction", R"({"limits": {"connections": 1.5}})",
       "`limits.connections`: expected a whole number from 1 to 1000000, found the number 1.5"},
      {"out of range", R"({"limits": {"header_bytes": 1}})",
       "`limits.header_bytes`: expected a whole number from 1024 to 16777216, found the number 1"},
      {"object expected", R"({"limits": []})", "`limits`: expected an object, found an array"},
      {"object expected at the top", "[]", "expected an object, found an array"},
      {"empty string", R"({"routes": ""})", "`routes`: the string is empty"},
      {"string expected", R"({"listen": null})", "`listen`: expected a string, found null"},
      {"bad address", R"({"listen": "localhost"})",
       "`listen`: expected `host:port` or `[address]:port`, found no port in `localhost`"},
      {"bad level", R"({"log": {"level": "loud"}})",
       "`log.level`: expected `debug`, `info`, `warn`, `error` or `off`, found `loud`"},
      {"auth that asks for nothing", R"({"auth": {}})", "`auth.bearer_token_env`: missing"},
      {"token unset", R"({"auth": {"bearer_token_env": "NOPE"}})",
       "`auth.bearer_token_env`: the environment variable `NOPE` of the data plane's token is not "
       "set"},
      {"anchor unreadable", R"({"tls_ca_file": "/nonexistent.pem"})",
       "`tls_ca_file`: cannot open `/nonexistent.pem`"},
      {"key unset", R"({"providers": [{"slug": "openai", "key_env": "NOPE"}]})",
       "`providers[0].key_env`: the environment variable `NOPE` of provider `openai` is not set"},
      {"key empty", R"({"providers": [{"slug": "openai", "key_env": "EMPTY"}]})",
       "`providers[0].key_env`: the environment variable `EMPTY` of provider `openai` is empty"},
      {"slug missing", R"({"providers": [{}]})", "`providers[0].slug`: missing"},
      {"slug invalid", R"({"providers": [{"slug": "Open AI", "base_url": "http://a"}]})",
       "`providers[0].slug`: expected 1 to 64 of `a-z 0-9 - _ .`, not `dynamic`, found `Open AI`"},
      {"slug reserved", R"({"providers": [{"slug": "dynamic", "base_url": "http://a"}]})",
       "`providers[0].slug`: expected 1 to 64 of `a-z 0-9 - _ .`, not `dynamic`, found `dynamic`"},
      {"slug twice", R"({"providers": [{"slug": "openai"}, {"slug": "openai"}]})",
       "`providers[1].slug`: the provider `openai` is configured twice"},
      {"slug is an alias", R"({"providers": [{"slug": "xai"}]})",
       "`providers[0].slug`: `xai` is an alias of the provider `grok`; write that slug"},
      {"demo", R"({"providers": [{"slug": "demo"}]})",
       "`providers[0].slug`: `demo` answers inside the gateway and can't be configured"},
      {"alias taken",
       R"({"providers": [{"slug": "a", "aliases": ["groq"], "base_url": "http://a"}]})",
       "`providers`: `groq` is a name of the provider `groq` and an alias of `a`"},
      {"no base URL", R"({"providers": [{"slug": "mine"}]})",
       "`providers[0].base_url`: missing: the provider `mine` is not built in, so it needs one"},
      {"bad base URL", R"({"providers": [{"slug": "openai", "base_url": "api.openai.com"}]})",
       "`providers[0].base_url`: expected a URL that begins with `http://` or `https://`, found "
       "`api.openai.com`"},
      {"bad chat path", R"({"providers": [{"slug": "openai", "chat_path": "chat"}]})",
       "`providers[0].chat_path`: expected a path that begins with `/`, found `chat`"},
      {"bad header", R"({"providers": [{"slug": "openai", "auth_header": "a b"}]})",
       "`providers[0].auth_header`: expected the name of a header, found `a b`"},
      {"bad rule", R"({"providers": [{"slug": "openai", "version_prefix": "yes"}]})",
       "`providers[0].version_prefix`: expected one of `default`, `none`, `strip`, found `yes`"},
      {"providers no array", R"({"providers": {}})",
       "`providers`: expected an array of objects, found an object"},
      {"provider no object", R"({"providers": [1]})",
       "`providers[0]`: expected an object, found the number 1"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(ErrorOf(one.text, {{"EMPTY", ""}}), std::string("junctor.json: ") + one.message);
  }
}

TEST(ConfigTest, AllProblemsAreReportedInOneGo) {
  EXPECT_EQ(
      ErrorOf(R"({"listen": 5, "threads": "x", "what": 1})"),
      "junctor.json: `listen`: expected a string, found the number 5\n"
      "junctor.json: `threads`: expected a whole number from 0 to 1024, found the string `x`\n"
      "junctor.json: `what`: unknown key");
}

TEST(ConfigTest, TextThatIsNotJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(ErrorOf("{\n  \"listen\" 5}"), HasSubstr("junctor.json:2:12: not JSON: "));
  EXPECT_THAT(ErrorOf(""), HasSubstr("junctor.json:1:1: not JSON: "));
  EXPECT_THAT(ErrorOf("{} x"), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf("{\"a\":\"\xff\"}"), HasSubstr("not JSON"));
}

TEST(ConfigTest, HostileTextNeverCrashes) {
  EXPECT_THAT(ErrorOf(std::string(1'000'000, '[')), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf(std::string(kMaxConfigBytes + 1, ' ')), HasSubstr("too long"));
}

TEST(ConfigTest, AKeyNeverShowsInAnError) {
  const std::string errors = ErrorOf(
      R"({"providers": [{"slug": "openai", "key_env": "KEY"}, {"slug": "groq", "key_env": "sk-very-secret"}]})",
      {{"KEY", "hidden key"}});
  EXPECT_THAT(errors, Not(HasSubstr("hidden")));
  EXPECT_THAT(errors, Not(HasSubstr("very-secret")));
  EXPECT_THAT(errors, HasSubstr("holds a blank"));
  EXPECT_THAT(errors, HasSubstr("expected the name of an environment variable"));
}

TEST(ConfigTest, BuiltInProvidersTakeTheirCustomaryKeyWhenItIsSet) {
  const auto config = Parse("{}", {{"OPENAI_API_KEY", "sk-2"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->FindProvider("openai")->key.Reveal(), "sk-2");
  EXPECT_TRUE(config->FindProvider("groq")->key.empty());
}

TEST(ConfigTest, ABaseUrlThatEndsInAVersionDoesNotSayItTwice) {
  const auto config = Parse(R"({"providers": [
    {"slug": "mistral", "base_url": "http://a/v1"},
    {"slug": "grok", "base_url": "http://a/prefix"},
    {"slug": "baseten", "base_url": "http://a/v1", "chat_path": "/v1/own"}]})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->FindProvider("mistral")->chat_path, "/chat/completions");
  EXPECT_EQ(config->FindProvider("grok")->chat_path, "/v1/chat/completions");
  EXPECT_EQ(config->FindProvider("baseten")->chat_path, "/v1/own");
}

TEST(ConfigTest, EveryBuiltInProviderCanBeCalled) {
  for (const ProviderRecord& record : BuiltInProviders()) {
    SCOPED_TRACE(record.slug);
    EXPECT_TRUE(IsProviderSlug(record.slug));
    if (record.in_process) continue;
    const absl::StatusOr<BaseUrl> url = ResolveBaseUrl(record, {"eu-west-1", "account1", "res1"});
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_TRUE(url->tls);
    EXPECT_FALSE(url->host.empty());
    if (record.format == ChatFormat::kOpenAi || record.format == ChatFormat::kMistral) {
      EXPECT_TRUE(record.chat_path.ends_with("/chat/completions"));
    }
    EXPECT_TRUE(!record.key_env.empty() || record.format == ChatFormat::kVertex);
  }
}

TEST(ConfigTest, PlaceholdersOfAnAddressAreFilledAndCannotChangeTheHost) {
  const std::vector<ProviderRecord> records = BuiltInProviders();
  const auto record_of = [&records](std::string_view slug) {
    return *std::find_if(records.begin(), records.end(),
                         [slug](const ProviderRecord& record) { return record.slug == slug; });
  };
  struct Case {
    std::string_view slug;
    UrlVariables variables;
    std::string authority;  // empty: refused
  };
  const Case cases[] = {
      {"aws-bedrock", {.region = "us-east-1"}, "bedrock-runtime.us-east-1.amazonaws.com"},
      {"aws-bedrock", {}, ""},
      {"aws-bedrock", {.region = "evil.example/"}, ""},
      {"google-vertex-ai", {.region = "europe-west4"}, "europe-west4-aiplatform.googleapis.com"},
      {"google-vertex-ai", {.region = "global"}, "aiplatform.googleapis.com"},
      {"azure-openai", {.resource = "my-resource"}, "my-resource.openai.azure.com"},
      {"azure-openai", {.resource = "-x"}, ""},
      {"azure-openai", {.resource = "a.b"}, ""},
      {"workers-ai", {.account = "abc123"}, "api.cloudflare.com"},
  };
  for (const Case& one : cases) {
    const absl::StatusOr<BaseUrl> url = ResolveBaseUrl(record_of(one.slug), one.variables);
    EXPECT_EQ(url.ok() ? url->authority : "", one.authority) << one.slug;
  }
  ProviderRecord configured = record_of("google-vertex-ai");
  configured.settings.region = "us-central1";
  EXPECT_EQ(ResolveBaseUrl(configured, {})->host, "us-central1-aiplatform.googleapis.com");
  EXPECT_EQ(ResolveBaseUrl(configured, {.region = "asia-east1"})->host,
            "asia-east1-aiplatform.googleapis.com");
}

TEST(ConfigTest, AProviderTakesAFormatSettingsAndKeys) {
  const absl::StatusOr<Config> config = ParseConfig(
      R"({"providers": [
        {"slug": "anthropic", "base_url": "http://127.0.0.1:1", "keys": {"team": "TEAM_KEY"}},
        {"slug": "claude-proxy", "base_url": "http://127.0.0.1:2", "format": "anthropic"},
        {"slug": "custom-acme", "base_url": "http://127.0.0.1:3/v2"},
        {"slug": "aws-bedrock", "region": "eu-west-1",
         "aws": {"access_key_id_env": "ID", "secret_access_key_env": "SECRET"}}]})",
      "junctor.json", "/", [](const std::string& name) -> std::optional<std::string> {
        return name == "OPENAI_API_KEY" ? std::nullopt
                                        : std::optional<std::string>("value-" + name);
      });
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->FindProvider("anthropic")->keys.at("team").Reveal(), "value-TEAM_KEY");
  EXPECT_EQ(config->FindProvider("claude-proxy")->auth_header, "x-api-key");
  EXPECT_EQ(config->FindProvider("custom-claude-proxy"), config->FindProvider("claude-proxy"));
  EXPECT_EQ(config->FindProvider("custom-acme")->chat_path, "/chat/completions");
  EXPECT_EQ(config->FindProvider("aws-bedrock")->settings.region, "eu-west-1");
  EXPECT_EQ(config->FindProvider("aws-bedrock")->aws_secret_access_key.Reveal(), "value-SECRET");
}

TEST(ConfigTest, AFileIsReadAndItsFolderIsWhatPathsAreRelativeTo) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("junctor_config_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "junctor.json") << R"({"routes": "../r"})";
  const auto config = LoadConfig(folder / "junctor.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->file, folder / "junctor.json");
  EXPECT_EQ(config->routes, folder.parent_path() / "r");
  EXPECT_THAT(std::string(LoadConfig(folder).status().message()), HasSubstr("it is a directory"));
  EXPECT_THAT(std::string(LoadConfig(folder / "none.json").status().message()),
              HasSubstr("none.json: cannot read the configuration: No such file or directory"));
  std::filesystem::remove_all(folder);
}

template <typename T>
concept Printable = requires(std::ostream& stream, const T& value) {
  stream << value;
};

TEST(SecretTest, ASecretCannotBePrintedOrConverted) {
  static_assert(!Printable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  EXPECT_FALSE(Secret().Matches(""));
  EXPECT_FALSE(Secret("a").Matches(""));
  EXPECT_TRUE(Secret("a").Matches("a"));
}

}  // namespace
}  // namespace junctor::engine
