// junctor serve: reads the configuration and hands it to the gateway.
#include <filesystem>
#include <system_error>

#include "engine/cli/commands.h"
#include "engine/config/config.h"
#include "engine/serve/serve.h"

namespace junctor::engine {
namespace {

constexpr const char* kDefaultConfigFile = "junctor.json";

absl::StatusOr<Config> ConfigFor(const std::string& file) {
  if (!file.empty()) return LoadConfig(file);
  std::error_code error;
  if (std::filesystem::exists(kDefaultConfigFile, error)) return LoadConfig(kDefaultConfigFile);
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) {
    return absl::FailedPreconditionError("cannot find the working directory: " + error.message());
  }
  return DefaultConfig(here, ProcessEnvironment());
}

}  // namespace

int RunServe(const ServeOptions& options, const Console& console) {
  const absl::StatusOr<Config> config = ConfigFor(options.config);
  if (!config.ok()) {
    PrintError(console, std::string(config.status().message()));
    return kExitFailure;
  }
  const absl::Status status = Serve(*config);
  if (status.ok()) return kExitOk;
  PrintError(console, std::string(status.message()));
  return kExitFailure;
}

}  // namespace junctor::engine
