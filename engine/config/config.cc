// The configuration file: JSON to Config, all problems in one go.
#include "engine/config/config.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "engine/config/control_reader.h"
#include "engine/config/limit_state_reader.h"
#include "engine/config/object_reader.h"
#include "engine/config/provider_reader.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;

// More threads than any machine has cores are a typing mistake.
constexpr uint64_t kMaxThreads = 1024;
// A body is held in memory whole; a gigabyte is beyond every provider.
constexpr uint64_t kMaxBodyBytes = 1ull << 30;
constexpr uint64_t kMinHeaderBytes = 1024;
constexpr uint64_t kMaxHeaderBytes = 16ull << 20;
constexpr uint64_t kMaxConnections = 1'000'000;
// Timeouts: below, no caller could meet them on a slow line; above, they bound nothing.
constexpr uint64_t kMinTimeoutMs = 10;
constexpr uint64_t kMaxTimeoutMs = 3'600'000;

// A dollar a token.
constexpr uint64_t kMaxDollarsPerMillion = 1'000'000;

// Comments and trailing commas are taken, as in route files on disk.
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseCommentsFlag |
                                 rapidjson::kParseTrailingCommasFlag |
                                 rapidjson::kParseValidateEncodingFlag;

// Reads one configuration.
class ConfigReader {
 public:
  ConfigReader(std::string_view name, const std::filesystem::path& base_dir,
               const EnvironmentLookup& environment)
      : base_dir_(base_dir), environment_(environment), problems_(name) {}

  absl::StatusOr<Config> Read(const rapidjson::Value& document) {
    ObjectReader root(document, std::string(), &problems_);
    ReadListen(&root);
    uint64_t threads = config_.threads;
    root.ReadInteger("threads", 0, kMaxThreads, &threads);
    config_.threads = static_cast<uint32_t>(threads);
    std::string routes = "routes";
    config_.routes_are_named = root.ReadString("routes", &routes);
    config_.routes = Absolute(routes);
    if (const rapidjson::Value* value = root.Find("auth")) ReadAuth(*value);
    if (const rapidjson::Value* value = root.Find("limits")) ReadLimits(*value);
    ReadMilliseconds(&root, "shutdown_timeout_ms", 0, &config_.shutdown_timeout);
    ReadTlsCaFile(&root);
    if (const rapidjson::Value* value = root.Find("log")) ReadLog(*value);
    if (const rapidjson::Value* value = root.Find("prices")) ReadPrices(*value);
    config_.providers = ReadProviders(root.Find("providers"), base_dir_, environment_, &problems_);
    ReadControl(&root, base_dir_, environment_, &problems_, &config_);
    ReadLimitState(&root, base_dir_, environment_, &problems_, &config_);
    root.Finish();
    if (!problems_.empty()) return absl::InvalidArgumentError(problems_.Text());
    return std::move(config_);
  }

 private:
  std::string Absolute(const std::string& path) const {
    return (base_dir_ / path).lexically_normal().string();
  }

  static void ReadMilliseconds(ObjectReader* reader, std::string_view key, uint64_t least,
                               milliseconds* out) {
    uint64_t value = 0;
    if (reader->ReadInteger(key, least, kMaxTimeoutMs, &value)) *out = milliseconds(value);
  }

  void ReadListen(ObjectReader* root) {
    std::string text;
    if (!root->ReadString("listen", &text)) return;
    absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    if (address.ok()) {
      config_.listen = *std::move(address);
    } else {
      problems_.Add("listen", std::string(address.status().message()));
    }
  }

  void ReadAuth(const rapidjson::Value& value) {
    ObjectReader reader(value, "auth", &problems_);
    std::string variable;
    if (reader.ReadString("bearer_token_env", &variable)) {
      config_.bearer_token = ReadSecret(variable, "auth.bearer_token_env", "the data plane's token",
                                        environment_, &problems_);
    } else if (value.IsObject() && reader.Find("bearer_token_env") == nullptr) {
      // An `auth` that asks for nothing would look like protection.
      problems_.Add("auth.bearer_token_env", "missing");
    }
    reader.Finish();
  }

  void ReadLimits(const rapidjson::Value& value) {
    ObjectReader reader(value, "limits", &problems_);
    DataPlaneLimits& limits = config_.limits;
    reader.ReadInteger("body_bytes", 1, kMaxBodyBytes, &limits.body_bytes);
    uint64_t header_bytes = limits.header_bytes;
    reader.ReadInteger("header_bytes", kMinHeaderBytes, kMaxHeaderBytes, &header_bytes);
    limits.header_bytes = static_cast<uint32_t>(header_bytes);
    ReadMilliseconds(&reader, "header_timeout_ms", kMinTimeoutMs, &limits.header_timeout);
    ReadMilliseconds(&reader, "body_timeout_ms", kMinTimeoutMs, &limits.body_timeout);
    ReadMilliseconds(&reader, "idle_timeout_ms", kMinTimeoutMs, &limits.idle_timeout);
    uint64_t connections = limits.connections;
    reader.ReadInteger("connections", 1, kMaxConnections, &connections);
    limits.connections = static_cast<uint32_t>(connections);
    reader.Finish();
  }

  void ReadTlsCaFile(ObjectReader* root) {
    std::string file;
    if (!root->ReadString("tls_ca_file", &file)) return;
    config_.tls_ca_file = Absolute(file);
    if (!std::ifstream(config_.tls_ca_file).is_open()) {
      problems_.Add("tls_ca_file", "cannot open `" + config_.tls_ca_file + "`");
    }
  }

  void ReadLog(const rapidjson::Value& value) {
    ObjectReader reader(value, "log", &problems_);
    std::string level;
    if (reader.ReadString("level", &level)) {
      if (const std::optional<LogLevel> parsed = ParseLogLevel(level)) {
        config_.log.level = *parsed;
      } else {
        problems_.Add("log.level",
                      "expected `debug`, `info`, `warn`, `error` or `off`, found `" + level + "`");
      }
    }
    std::string file;
    if (reader.ReadString("file", &file)) config_.log.file = file == "-" ? file : Absolute(file);
    reader.Finish();
  }

  void ReadPrices(const rapidjson::Value& value) {
    ObjectReader reader(value, "prices", &problems_);
    std::string file;
    if (reader.ReadString("file", &file)) config_.prices.file = Absolute(file);
    reader.ReadInteger("unknown_input_per_million", 0, kMaxDollarsPerMillion,
                       &config_.prices.unknown_input_per_million);
    reader.ReadInteger("unknown_output_per_million", 0, kMaxDollarsPerMillion,
                       &config_.prices.unknown_output_per_million);
    reader.Finish();
  }

  const std::filesystem::path& base_dir_;
  const EnvironmentLookup& environment_;
  ConfigProblems problems_;
  Config config_;
};

// "line:column" of byte `offset`.
std::string PlaceOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column = newline == before.npos ? before.size() + 1 : before.size() - newline;
  return std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace

const ProviderRecord* Config::FindProvider(std::string_view name) const {
  return junctor::engine::FindProvider(providers, name);
}

std::vector<std::string> Config::ProviderNames() const {
  std::vector<std::string> names;
  for (const ProviderRecord& record : providers) {
    names.push_back(record.slug);
    names.insert(names.end(), record.aliases.begin(), record.aliases.end());
  }
  return names;
}

EnvironmentLookup ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

absl::StatusOr<Config> ParseConfig(std::string_view text, std::string_view name,
                                   const std::filesystem::path& base_dir,
                                   const EnvironmentLookup& environment) {
  const std::string file(name);
  if (text.size() > kMaxConfigBytes) {
    return absl::InvalidArgumentError(file + ": too long (limit is " +
                                      std::to_string(kMaxConfigBytes) + " bytes)");
  }
  rapidjson::Document document;
  document.Parse<kParseFlags>(text.data(), text.size());
  if (document.HasParseError()) {
    return absl::InvalidArgumentError(
        file + ":" + PlaceOf(text, document.GetErrorOffset()) +
        ": not JSON: " + rapidjson::GetParseError_En(document.GetParseError()));
  }
  return ConfigReader(name, base_dir, environment).Read(document);
}

absl::StatusOr<Config> DefaultConfig(const std::filesystem::path& base_dir,
                                     const EnvironmentLookup& environment) {
  return ParseConfig("{}", "default configuration", base_dir, environment);
}

absl::StatusOr<Config> LoadConfig(const std::filesystem::path& path,
                                  const EnvironmentLookup& environment) {
  std::error_code error;
  const auto reason = [&path](const std::string& why) {
    return path.string() + ": cannot read the configuration: " + why;
  };
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(reason("it is a directory"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::NotFoundError(reason(std::generic_category().message(errno)));
  }
  std::string text(kMaxConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return absl::InvalidArgumentError(reason("the device reports an error"));
  text.resize(static_cast<size_t>(file.gcount()));

  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return absl::InvalidArgumentError(reason(error.message()));
  absl::StatusOr<Config> config =
      ParseConfig(text, path.string(), absolute.parent_path(), environment);
  if (config.ok()) config->file = absolute;
  return config;
}

}  // namespace junctor::engine
