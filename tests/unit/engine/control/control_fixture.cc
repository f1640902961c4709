#include "tests/unit/engine/control/control_fixture.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace junctor::engine {
TestInstance::TestInstance(const std::string& folder, const ControlStoreOptions& options,
                           const SetUp& set_up)
    : log_file(folder + "/log"), directory(std::make_shared<const Directory>()) {
  auto opened_log = Log::Open(LogLevel::kDebug, log_file);
  EXPECT_TRUE(opened_log.ok()) << opened_log.status();
  log = *std::move(opened_log);
  auto defaults = DefaultConfig(folder, [](const std::string&) { return std::nullopt; });
  EXPECT_TRUE(defaults.ok()) << defaults.status();
  config = *std::move(defaults);
  config.admin.emplace();
  auto keys = MasterKeys::Parse(std::string(64, 'a'));
  EXPECT_TRUE(keys.ok()) << keys.status();
  master_keys = *std::move(keys);
  auto opened = ControlStore::Open(options);
  EXPECT_TRUE(opened.ok()) << opened.status();
  store = *std::move(opened);
  if (set_up) set_up(*this);

  ControlParts parts;
  parts.config = &config;
  parts.store = store.get();
  parts.registry = &registry;
  parts.directory = &directory;
  parts.master_keys = master_keys.has_value() ? &*master_keys : nullptr;
  parts.files = files;
  parts.limits = &limits;
  parts.log = log.get();
  parts.now_unix_ms = [this] { return now_ms.load(); };
  parts.check_target = [](std::string_view host) {
    return host == "10.0.0.1" ? absl::PermissionDeniedError("`10.0.0.1` is private")
                              : absl::OkStatus();
  };
  parts.data_plane_url = [] { return "http://127.0.0.1:8787"; };
  control = std::make_unique<ControlPlane>(std::move(parts));
  started = control->Start();
}

std::string TestInstance::LogText() const {
  std::ostringstream text;
  text << std::ifstream(log_file).rdbuf();
  return text.str();
}

ControlTest::ControlTest() {
  static int number = 0;
  folder_ = std::filesystem::temp_directory_path() /
            ("junctor_control_" + std::to_string(getpid()) + "_" + std::to_string(++number));
  std::filesystem::create_directories(folder_);
  options_.sqlite_file = folder_ + "/junctor.db";
}

ControlTest::~ControlTest() { std::filesystem::remove_all(folder_); }

std::unique_ptr<TestInstance> ControlTest::Start(const TestInstance::SetUp& set_up) const {
  return std::make_unique<TestInstance>(folder_, options_, set_up);
}

bool Eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace junctor::engine
