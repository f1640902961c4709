// The grammar of the commands that call the admin API, and their help.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>

#include "engine/cli/console.h"
#include "engine/config/config.h"

namespace junctor::engine {

// Adds the commands to an application. The options' values live here: the object stands as long as
// the application is used.
class ClientCommandLine {
 public:
  // A chosen command is handed to `choose` as what runs it and returns the exit status.
  using Choose = std::function<void(std::function<int()>)>;

  ClientCommandLine(CLI::App* app, const Console& console, EnvironmentLookup environment,
                    Choose choose);
  ~ClientCommandLine();

 private:
  struct Commands;
  std::unique_ptr<Commands> commands_;
};

}  // namespace junctor::engine
