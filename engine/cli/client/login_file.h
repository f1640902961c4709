// What `junctor login` keeps: a server and a token, in a file that only its owner reads.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/config.h"
#include "engine/config/secret.h"

namespace junctor::engine {

struct Login {
  std::string url;
  std::string account;
  std::string gateway;  // that commands mean where they are not told another
  std::string ca_file;  // absolute; empty: the system's
  Secret token;
};

// `$XDG_CONFIG_HOME/junctor/login.json`, or below `~/.config`. NotFound where neither HOME nor
// XDG_CONFIG_HOME is set.
absl::StatusOr<std::string> LoginFilePath(const EnvironmentLookup& environment);

// The login in `path`; nothing where there is no such file. InvalidArgument names the file where it
// can't be used.
absl::StatusOr<std::optional<Login>> ReadLogin(const std::string& path);

// Puts `login` into `path`, with mode 0600, as a whole or not at all. Makes the folder (mode 0700).
absl::Status WriteLogin(const std::string& path, const Login& login);

// Removes the file. Whether there was one.
absl::StatusOr<bool> RemoveLogin(const std::string& path);

}  // namespace junctor::engine
