// A folder of route files, a registry and a log for the tests of the store.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "engine/store/route_directory.h"

namespace junctor::engine {

// The text of a route called `name` that calls `model`; each model gives another text.
inline std::string RouteText(const std::string& name, const std::string& model) {
  return R"({"name":")" + name + R"(","elements":[
    {"id":"start","type":"start","outputs":{"next":{"elementId": "m"}}},
    {"id":"m","type":"model","properties":{"provider":"demo","model":")" +
         model + R"("},"outputs":{"success":{"elementId": "end"}}},
    {"id":"end","type":"end"}]})";
}

// Makes a folder of its own, and takes it away at the end.
class RouteFiles : public ::testing::Test {
 protected:
  RouteFiles() {
    static int counter = 0;
    root_ = std::filesystem::temp_directory_path() /
            ("junctor_store_" + std::to_string(getpid()) + "_" + std::to_string(counter++));
    routes_ = root_ / "routes";
    std::filesystem::create_directories(routes_);
    log_ = *Log::Open(LogLevel::kDebug, (root_ / "log").string());
    directory_ = std::make_unique<RouteDirectory>(routes_, compiler::CompileOptions(), &registry_,
                                                  log_.get(), [this] { ++changes_; });
  }
  ~RouteFiles() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(routes_ / file, std::ios::binary) << text;
  }

  ReloadReport Reload(ReloadCause cause = ReloadCause::kChange) {
    const auto report = directory_->Reload(cause);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(ReloadReport());
  }

  // The model that route `name` calls now, "" where there is no such route.
  std::string ModelOf(const std::string& name) const {
    const auto table = registry_.Snapshot();
    const RouteEntry* entry = table->Find(name);
    return entry == nullptr ? std::string() : entry->program->parts().models.at(0).model;
  }
  uint64_t VersionOf(const std::string& name) const {
    const auto table = registry_.Snapshot();
    const RouteEntry* entry = table->Find(name);
    return entry == nullptr ? 0 : entry->version;
  }

  std::string LogText() const {
    std::ostringstream text;
    text << std::ifstream(root_ / "log").rdbuf();
    return text.str();
  }
  // How often `needle` stands in the log.
  size_t CountInLog(const std::string& needle) const {
    const std::string text = LogText();
    size_t count = 0;
    for (size_t at = text.find(needle); at != text.npos; at = text.find(needle, at + 1)) ++count;
    return count;
  }

  std::filesystem::path root_;
  std::filesystem::path routes_;
  Registry registry_;
  std::unique_ptr<Log> log_;
  std::atomic<int> changes_ = 0;
  std::unique_ptr<RouteDirectory> directory_;
};

}  // namespace junctor::engine
