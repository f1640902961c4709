// Questions of event loops to the control plane, answered on another thread.
#include "engine/serve/background_control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

namespace junctor::engine {
namespace {

std::vector<std::string> NoTroubles() { return {}; }

// Asks, and gives what will be answered.
std::future<absl::Status> Ask(BackgroundControl* control) {
  auto promise = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> answer = promise->get_future();
  control->EnsureDefaultGateway([promise](absl::Status status) { promise->set_value(status); });
  return answer;
}

TEST(BackgroundControlTest, EveryQuestionIsAnswered) {
  std::atomic<int> calls = 0;
  BackgroundControl control(
      [&calls] {
        return calls++ == 0 ? absl::OkStatus() : absl::UnavailableError("the disk is full");
      },
      [] { return std::vector<std::string>{"the database is away"}; });
  EXPECT_TRUE(Ask(&control).get().ok());
  EXPECT_EQ(Ask(&control).get(), absl::UnavailableError("the disk is full"));
  EXPECT_EQ(control.Troubles(), std::vector<std::string>{"the database is away"});
}

TEST(BackgroundControlTest, WhoAsksMeanwhileSharesTheNextAnswer) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> calls = 0;
  BackgroundControl control(
      [&] {
        if (calls++ == 0) {
          entered.set_value();
          go_on.get_future().wait();
        }
        return absl::OkStatus();
      },
      NoTroubles);
  std::vector<std::future<absl::Status>> answers;
  answers.push_back(Ask(&control));
  entered.get_future().wait();
  for (int i = 0; i < 10; ++i) answers.push_back(Ask(&control));
  go_on.set_value();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(calls, 2);
}

TEST(BackgroundControlTest, WhoStillWaitsAtTheEndIsTold) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> calls = 0;
  std::future<absl::Status> first;
  std::future<absl::Status> second;
  std::thread ender;
  {
    auto control = std::make_unique<BackgroundControl>(
        [&] {
          if (calls++ == 0) {
            entered.set_value();
            go_on.get_future().wait();
          }
          return absl::OkStatus();
        },
        NoTroubles);
    first = Ask(control.get());
    entered.get_future().wait();
    second = Ask(control.get());
    ender = std::thread([owned = std::move(control)]() mutable { owned.reset(); });
  }
  // Either the end or the next question comes first: both end with an answer.
  go_on.set_value();
  EXPECT_TRUE(first.get().ok());
  ender.join();
  ASSERT_EQ(second.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

}  // namespace
}  // namespace junctor::engine
