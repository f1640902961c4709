#include "engine/config/control_reader.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/config/base_url.h"
#include "engine/config/provider_reader.h"
#include "engine/net/public_address.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDefaultSqliteFile = "junctor.db";
// A hundred years.
constexpr uint64_t kMaxAuditDays = 36'500;
// Each connection to a custom provider is held against all of them.
constexpr size_t kMaxPrivateTargets = 1000;

std::string Absolute(const std::filesystem::path& base_dir, const std::string& path) {
  return (base_dir / path).lexically_normal().string();
}

// Reads one configuration's keys of the control plane.
class ControlReader {
 public:
  ControlReader(const std::filesystem::path& base_dir, const EnvironmentLookup& environment,
                ConfigProblems* problems, Config* config)
      : base_dir_(base_dir), environment_(environment), problems_(problems), config_(config) {}

  void ReadAdmin(const rapidjson::Value& value) {
    AdminConfig& admin = config_->admin.emplace();
    ObjectReader reader(value, "admin", problems_);
    std::string text;
    if (reader.ReadString("listen", &text)) {
      absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
      if (address.ok()) {
        admin.listen = *std::move(address);
      } else {
        problems_->Add("admin.listen", std::string(address.status().message()));
      }
    }
    std::string variable;
    if (reader.ReadString("token_env", &variable)) {
      admin.token =
          ReadSecret(variable, "admin.token_env", "the admin API's token", environment_, problems_);
    }
    uint64_t audit_days = 0;
    if (reader.ReadInteger("audit_days", 0, kMaxAuditDays, &audit_days)) {
      admin.audit_days = static_cast<uint32_t>(audit_days);
    }
    if (const rapidjson::Value* settings = reader.Find("default_gateway")) {
      ObjectReader gateway(*settings, "admin.default_gateway", problems_);
      gateway.ReadBoolean("authentication", &admin.default_authentication);
      gateway.Finish();
    }
    reader.Finish();
  }

  void ReadStorage(const rapidjson::Value& value) {
    ObjectReader reader(value, "storage", problems_);
    StorageConfig& storage = config_->storage;
    std::string file;
    std::string url;
    std::string variable;
    int given = 0;
    for (const std::string_view key : {"sqlite", "postgresql", "postgresql_env"}) {
      if (reader.Find(key) != nullptr) ++given;
    }
    if (given != 1 && value.IsObject()) {
      problems_->Add("storage",
                     given == 0 ? "expected `sqlite`, `postgresql` or `postgresql_env`"
                                : "expected one of `sqlite`, `postgresql` and `postgresql_env`, "
                                  "found several: there is one store");
    }
    if (reader.ReadString("sqlite", &file)) storage.sqlite_file = Absolute(base_dir_, file);
    if (reader.ReadString("postgresql", &url)) {
      SetPostgresql("storage.postgresql", "the text", std::move(url));
    }
    if (reader.ReadString("postgresql_env", &variable)) {
      constexpr std::string_view kPath = "storage.postgresql_env";
      const Secret secret =
          ReadSecret(variable, std::string(kPath), "the database's URL", environment_, problems_);
      if (!secret.empty()) {
        SetPostgresql(kPath, "the content of `" + variable + "`", std::string(secret.Reveal()));
      }
    }
    reader.Finish();
  }

  void ReadSecrets(const rapidjson::Value& value) {
    ObjectReader reader(value, "secrets", problems_);
    const bool has_file = reader.Find("master_key_file") != nullptr;
    const bool has_variable = reader.Find("master_key_env") != nullptr;
    if (has_file == has_variable && value.IsObject()) {
      problems_->Add("secrets",
                     has_file ? "expected `master_key_file` or `master_key_env`, found both: there "
                                "is one master key"
                              : "expected `master_key_file` or `master_key_env`");
    }
    std::string text;
    if (reader.ReadString("master_key_file", &text)) {
      config_->secrets.master_key_file = Absolute(base_dir_, text);
    }
    if (reader.ReadString("master_key_env", &text)) {
      config_->secrets.master_key =
          ReadSecret(text, "secrets.master_key_env", "the master key", environment_, problems_);
    }
    reader.Finish();
  }

  void ReadPublicUrl(ObjectReader* root) {
    std::string text;
    if (!root->ReadString("public_url", &text)) return;
    while (text.ends_with('/')) text.pop_back();
    if (const absl::Status status = ParseBaseUrl(text).status(); !status.ok()) {
      problems_->Add("public_url", std::string(status.message()));
    }
    config_->public_url = std::move(text);
  }

  void ReadTargets(ObjectReader* root) {
    constexpr std::string_view kKey = "allow_private_targets";
    std::vector<std::string> targets;
    if (!root->ReadStrings(kKey, &targets)) return;
    if (targets.size() > kMaxPrivateTargets) {
      problems_->Add(kKey, "expected at most " + std::to_string(kMaxPrivateTargets) +
                               " entries, found " + std::to_string(targets.size()));
      return;
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      const absl::Status status = net::PrivateTargets::Parse({targets[i]}).status();
      if (status.ok()) continue;
      problems_->Add(std::string(kKey) + "[" + std::to_string(i) + "]",
                     std::string(status.message()));
    }
    config_->allow_private_targets = std::move(targets);
  }

 private:
  void SetPostgresql(std::string_view path, const std::string& what, std::string url) {
    if (url.starts_with("postgres://") || url.starts_with("postgresql://")) {
      config_->storage.postgresql_url = std::move(url);
      return;
    }
    // It may hold a password, so that it is not repeated.
    problems_->Add(path, what + " is no URL that begins with `postgres://` or `postgresql://`");
  }

  const std::filesystem::path& base_dir_;
  const EnvironmentLookup& environment_;
  ConfigProblems* problems_;
  Config* config_;
};

}  // namespace

void ReadControl(ObjectReader* root, const std::filesystem::path& base_dir,
                 const EnvironmentLookup& environment, ConfigProblems* problems, Config* config) {
  ControlReader reader(base_dir, environment, problems, config);
  if (const rapidjson::Value* value = root->Find("admin")) reader.ReadAdmin(*value);
  if (const rapidjson::Value* value = root->Find("storage")) {
    reader.ReadStorage(*value);
  } else if (config->admin.has_value()) {
    config->storage.sqlite_file = Absolute(base_dir, std::string(kDefaultSqliteFile));
  }
  if (const rapidjson::Value* value = root->Find("secrets")) reader.ReadSecrets(*value);
  reader.ReadTargets(root);
  reader.ReadPublicUrl(root);
}

}  // namespace junctor::engine
