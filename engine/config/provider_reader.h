// Reads `providers` of a configuration over the built-in records. Internal to engine/config.
#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/config/config.h"
#include "engine/config/object_reader.h"

namespace junctor::engine {

// The built-in records as `list` overrides them, then those that it adds, each with its key. `list`
// may be null: the built-in ones alone. Files are relative to `base_dir`. Everything wrong goes to
// `problems`.
std::vector<ProviderRecord> ReadProviders(const rapidjson::Value* list,
                                          const std::filesystem::path& base_dir,
                                          const EnvironmentLookup& environment,
                                          ConfigProblems* problems);

// The credential in variable `variable`, which must be set; `path` is the key that names it,
// `owner` whom it is for, for messages. Never repeats the value.
Secret ReadSecret(const std::string& variable, const std::string& path, const std::string& owner,
                  const EnvironmentLookup& environment, ConfigProblems* problems);

}  // namespace junctor::engine
