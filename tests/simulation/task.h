// Coroutines of simulated requests: they read as the code of the gateway that they stand for.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace junctor::simulation {

// A lazy coroutine that another one awaits. Destroying it destroys whatever it waits in: so a
// crash ends a request in the middle.
template <typename Value>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<Value> value;
    std::coroutine_handle<> awaiting;

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          if (ended.promise().awaiting) return ended.promise().awaiting;
          return std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back();
    }
    void return_value(Value result) { value.emplace(std::move(result)); }
    void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // For the outermost one: runs to where it first waits.
  void Start() { handle_.resume(); }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().awaiting = awaiting;
    return handle_;
  }
  Value await_resume() { return std::move(*handle_.promise().value); }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

}  // namespace junctor::simulation
