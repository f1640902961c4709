// Reads what the control plane is configured with: `admin`, `storage`, `secrets` and
// `allow_private_targets`. Internal to engine/config.
#pragma once

#include <filesystem>

#include "engine/config/config.h"
#include "engine/config/object_reader.h"

namespace junctor::engine {

// Reads these keys of `root` into `config`. Paths are relative to `base_dir`. Everything wrong goes
// to `problems`; no secret is ever repeated.
void ReadControl(ObjectReader* root, const std::filesystem::path& base_dir,
                 const EnvironmentLookup& environment, ConfigProblems* problems, Config* config);

}  // namespace junctor::engine
