// The login file as JSON.
#include "engine/cli/client/login_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "engine/cli/client/json.h"
#include "engine/cli/whole_file.h"
#include "engine/store/file_reader.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxLoginBytes = 64 * 1024;  // it holds four short texts
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

absl::Status Unusable(const std::string& path, const std::string& why) {
  return absl::InvalidArgumentError("cannot use `" + path + "`: " + why +
                                    " (`junctor login` writes it anew)");
}

}  // namespace

absl::StatusOr<std::string> LoginFilePath(const EnvironmentLookup& environment) {
  const std::optional<std::string> config = environment("XDG_CONFIG_HOME");
  // https://specifications.freedesktop.org/basedir-spec: a relative path is to be ignored.
  if (config.has_value() && config->starts_with('/')) return *config + "/junctor/login.json";
  const std::optional<std::string> home = environment("HOME");
  if (home.has_value() && !home->empty()) return *home + "/.config/junctor/login.json";
  return absl::NotFoundError("neither XDG_CONFIG_HOME nor HOME says where a login is kept");
}

absl::StatusOr<std::optional<Login>> ReadLogin(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxLoginBytes);
  if (absl::IsNotFound(text.status())) return std::optional<Login>();
  if (!text.ok()) return Unusable(path, std::string(text.status().message()));
  const absl::StatusOr<Json> json = Json::Parse(*text);
  if (!json.ok()) return Unusable(path, std::string(json.status().message()));
  Login login{(*json)["url"].text(), (*json)["account"].text(), (*json)["gateway"].text(),
              (*json)["ca_file"].text(), Secret((*json)["token"].text())};
  if (login.url.empty() || login.token.empty()) return Unusable(path, "it has no url or no token");
  return std::optional<Login>(std::move(login));
}

absl::Status WriteLogin(const std::string& path, const Login& login) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return absl::FailedPreconditionError("cannot make `" + folder.string() +
                                         "`: " + std::generic_category().message(errno));
  }
  Json json = Json::Object();
  json.Set("url", Json::String(login.url));
  json.Set("account", Json::String(login.account));
  json.Set("gateway", Json::String(login.gateway));
  json.Set("ca_file", Json::String(login.ca_file));
  json.Set("token", Json::String(std::string(login.token.Reveal())));
  return WriteWholeFile(path, json.Pretty() + "\n", kFileMode);
}

absl::StatusOr<bool> RemoveLogin(const std::string& path) {
  std::error_code error;
  const bool removed = std::filesystem::remove(path, error);
  if (error) {
    return absl::FailedPreconditionError("cannot remove `" + path + "`: " + error.message());
  }
  return removed;
}

}  // namespace junctor::engine
