// Reads `limit_state`: where limits are kept. Internal to engine/config.
#pragma once

#include <filesystem>

#include "engine/config/config.h"
#include "engine/config/object_reader.h"

namespace junctor::engine {

// Reads this key of `root` into `config`, after the control plane's, beside whose SQLite file that
// of the limits stands. Everything wrong goes to `problems`; no password is ever repeated.
void ReadLimitState(ObjectReader* root, const std::filesystem::path& base_dir,
                    const EnvironmentLookup& environment, ConfigProblems* problems, Config* config);

}  // namespace junctor::engine
