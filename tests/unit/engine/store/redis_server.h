// A Redis server of a test's own, on a Unix socket in a folder that goes with it.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/store/redis_connection.h"

namespace junctor::engine {

class RedisServer {
 public:
  RedisServer() {
    // As the gateway does: a server that goes away is an error, not a signal.
    signal(SIGPIPE, SIG_IGN);
    std::string name = (std::filesystem::temp_directory_path() / "junctor-redis-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() {
    Kill();
    std::filesystem::remove_all(folder_);
  }

  // Begins without any data. False: it does not answer.
  bool Start() {
    const std::string socket = (folder_ / "redis.sock").string();
    const std::string folder = folder_.string();
    process_ = fork();
    if (process_ == 0) {
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--dir",
             folder.c_str(), "--save", "", "--appendonly", "no", "--loglevel", "warning",
             "--logfile", "redis.log", nullptr);
      _exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (Run({"PING"}).ok()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  void Kill() {
    if (process_ <= 0) return;
    kill(process_, SIGCONT);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  // It neither answers nor ends its connections.
  void Pause() { kill(process_, SIGSTOP); }
  void Resume() { kill(process_, SIGCONT); }

  RedisAddress address() const {
    return *ParseRedisUrl("unix://" + (folder_ / "redis.sock").string());
  }
  absl::StatusOr<RedisReply> Run(const std::vector<std::string_view>& command) {
    auto connection = RedisConnection::Open(address(), std::chrono::seconds(5));
    if (!connection.ok()) return connection.status();
    return (*connection)->Run(command);
  }

 private:
  std::filesystem::path folder_;
  pid_t process_ = -1;
};

}  // namespace junctor::engine
