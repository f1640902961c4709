// An admin API of the test's own: answers as it is told, and keeps what it was asked.
#pragma once

#include <httplib.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace junctor::engine {

struct FakeAnswer {
  int status = 200;
  std::string body = R"({"success":true,"errors":[],"messages":[],"result":null})";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Serves on loopback until it is destroyed. What it is asked is "METHOD target".
class FakeAdmin {
 public:
  using Answer = std::function<FakeAnswer(const httplib::Request&)>;

  FakeAdmin() {
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(request.method + " " + request.target);
      last_ = request;
      const FakeAnswer answer = answer_ ? answer_(request) : FakeAnswer();
      response.status = answer.status;
      for (const auto& [name, value] : answer.headers) response.set_header(name.c_str(), value);
      response.set_content(answer.body, "application/json");
    };
    server_.Get(".*", handle).Post(".*", handle).Put(".*", handle).Patch(".*", handle);
    server_.Delete(".*", handle);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeAdmin() {
    server_.stop();
    thread_.join();
  }
  FakeAdmin(const FakeAdmin&) = delete;
  FakeAdmin& operator=(const FakeAdmin&) = delete;

  void Say(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(answer);
  }
  // These answers in turn, the last one for ever.
  void Say(std::vector<FakeAnswer> answers) {
    Say([answers, next = size_t{0}](const httplib::Request&) mutable {
      return answers[next + 1 < answers.size() ? next++ : next];
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }
  httplib::Request last() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return last_;
  }

 private:
  httplib::Server server_;
  std::mutex mutex_;
  Answer answer_;
  std::vector<std::string> asked_;
  httplib::Request last_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace junctor::engine
