// Which behaviour a request gets: the script's, the x-faulty header's, or that of its model's name.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/faulty/behaviour.h"

namespace junctor::engine {

// Lists of behaviours by model or path: each request takes the next of its list, and the last one
// stays. Thread-safe.
class Script {
 public:
  Script() = default;

  // Reads {"models":{"gpt-4o":["status-503","ok"]},"paths":{"/v1/files":["silent"]}}.
  // InvalidArgument says what is wrong with it.
  absl::Status Read(std::string_view json);

  // The name of the behaviour for a request, and whether the script chose it.
  struct Choice {
    std::string name;
    bool scripted = false;
  };
  Choice Choose(std::string_view model, std::string_view path);

  // How many requests with the model's name `name` came before, since the last Restart().
  uint64_t Count(const std::string& name);

  // Lists and counts begin anew.
  void Restart();

 private:
  struct List {
    std::vector<std::string> names;
    size_t next = 0;
  };

  std::mutex mutex_;
  std::map<std::string, List, std::less<>> models_;
  std::map<std::string, List, std::less<>> paths_;
  std::map<std::string, uint64_t> counts_;
};

}  // namespace junctor::engine
