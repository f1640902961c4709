// Changes as those see them who follow: numbers, what is told, several stores on one database.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/store/control_store.h"
#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {
namespace {

using ControlChangesTest = StoreTest;
JUNCTOR_ON_EVERY_ENGINE(ControlChangesTest);

int64_t LastOf(ControlStore& store) {
  int64_t last = -1;
  const absl::Status status = store.Read([&](ControlTransaction& t) {
    last = *t.LastChange();
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return last;
}

std::vector<std::string> ChangesOf(ControlStore& store, int64_t after, int64_t limit = 100) {
  std::vector<std::string> texts;
  const absl::Status status = store.Read([&](ControlTransaction& t) -> absl::Status {
    const auto changes = t.ChangesAfter(after, limit);
    if (!changes.ok()) return changes.status();
    for (const ChangeRow& change : *changes) {
      texts.push_back(std::to_string(change.sequence) + ":" +
                      std::to_string(static_cast<int>(change.kind)) + ":" + change.id);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) texts.push_back(absl::StatusCodeToString(status.code()));
  return texts;
}

using Texts = std::vector<std::string>;

TEST_P(ControlChangesTest, AreNumberedFromOneWithoutGaps) {
  EXPECT_EQ(LastOf(store()), 0);
  EXPECT_EQ(ChangesOf(store(), 0), Texts{});
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.NoteChange(ChangeKind::kGateway, "g"));
    return t.NoteChange(ChangeKind::kToken, "t");
  });
  EXPECT_FALSE(store()
                   .Change([](ControlTransaction& t) {
                     RETURN_IF_ERROR(t.NoteChange(ChangeKind::kRoute, "taken back"));
                     return absl::InternalError("no");
                   })
                   .ok());
  Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kRoute, "r"); });
  EXPECT_EQ(LastOf(store()), 3);
  EXPECT_EQ(ChangesOf(store(), 0), (Texts{"1:1:g", "2:5:t", "3:2:r"}));
  EXPECT_EQ(ChangesOf(store(), 0, 2), (Texts{"1:1:g", "2:5:t"}));
  EXPECT_EQ(ChangesOf(store(), 2), (Texts{"3:2:r"}));
  EXPECT_EQ(ChangesOf(store(), 3), Texts{});
}

TEST_P(ControlChangesTest, WhoFellBehindOrWasBeforeIsTold) {
  Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kRoute, "first"); });
  // As if 150,000 changes had been made in between: the first one is not kept.
  const auto database = OpenDatabase();
  ASSERT_TRUE(database
                  ->Write([](SqlSession& session) {
                    return session.Execute("UPDATE changes SET sequence = 150000").status();
                  })
                  .ok());
  EXPECT_EQ(ChangesOf(store(), 149'999), (Texts{"150000:2:first"}));
  EXPECT_EQ(ChangesOf(store(), 1), (Texts{"OUT_OF_RANGE"}));
  EXPECT_EQ(ChangesOf(store(), 150'001), (Texts{"OUT_OF_RANGE"}))
      << "an older database was put back";
  Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kRoute, "second"); });
  EXPECT_EQ(ChangesOf(store(), 149'999), (Texts{"150000:2:first", "150001:2:second"}));
  ASSERT_TRUE(database
                  ->Write([](SqlSession& session) {
                    return session
                        .Execute("UPDATE changes SET sequence = 250000 WHERE sequence = 150001")
                        .status();
                  })
                  .ok());
  Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kRoute, "third"); });
  EXPECT_EQ(ChangesOf(store(), 249'999), (Texts{"250000:2:second", "250001:2:third"}));
  EXPECT_EQ(ChangesOf(store(), 149'999), (Texts{"OUT_OF_RANGE"})) << "the first one was pruned";
}

TEST_P(ControlChangesTest, AreToldInTheProcessThatMadeThemAndInOthers) {
  const auto other = Open();
  std::atomic<int> here = 0;
  std::atomic<int64_t> there = -1;
  store().Listen([&] { ++here; });
  other->Listen([&] { there = LastOf(*other); });
  ASSERT_TRUE(WaitUntil([&] { return here > 0 && there == 0; })) << "both look once at the start";
  for (int64_t round = 1; round <= 5; ++round) {
    const int before = here;
    Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kGateway, "g"); });
    // Within a second where the machine is not busy with other tests.
    EXPECT_TRUE(WaitUntil([&] { return here > before && there == round; }, 3)) << round;
  }
}

TEST_P(ControlChangesTest, AChangeThatIsNotNotedIsNotTold) {
  std::atomic<int> told = 0;
  store().Listen([&] { ++told; });
  ASSERT_TRUE(WaitUntil([&] { return told == 1; }));
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  Change([](ControlTransaction& t) { return t.NoteChange(ChangeKind::kGateway, "g"); });
  ASSERT_TRUE(WaitUntil([&] { return told >= 2; }));
  EXPECT_EQ(told, 2);
}

TEST_P(ControlChangesTest, WhoFollowsSeesEveryChangeOfManyWritersInOrder) {
  constexpr int kWriters = 3;
  constexpr int kChanges = 40;
  store();
  std::vector<std::unique_ptr<ControlStore>> stores;
  for (int i = 0; i < kWriters; ++i) stores.push_back(Open());
  std::atomic<int> running = kWriters;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kChanges; ++i) {
        const std::string id = std::to_string(w) + "-" + std::to_string(i);
        const absl::Status status = stores[static_cast<size_t>(w)]->Change([&](auto& t) {
          RETURN_IF_ERROR(t.InsertGateway(GatewayOf(id)));
          return t.NoteChange(ChangeKind::kGateway, id);
        });
        EXPECT_TRUE(status.ok()) << status;
      }
      --running;
    });
  }
  // What is said to have changed is there when it is said, and nothing is passed over.
  int64_t seen = 0;
  while (seen < kWriters * kChanges) {
    const bool last_look = running == 0;
    Read([&](ControlTransaction& t) {
      const auto changes = t.ChangesAfter(seen, 1000);
      EXPECT_TRUE(changes.ok()) << changes.status();
      if (!changes.ok()) return changes.status();
      for (const ChangeRow& change : *changes) {
        EXPECT_EQ(change.sequence, ++seen);
        EXPECT_TRUE(t.FindGateway(change.id)->has_value()) << change.id;
      }
      return absl::OkStatus();
    });
    if (last_look) break;
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(seen, kWriters * kChanges);
}

TEST_P(ControlChangesTest, WhatAChangeReadStaysTrueUntilItCommits) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 10;
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    return t.InsertRoute(RouteOf("r", "g", "r"));
  });
  const auto other = Open();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      ControlStore& mine = i % 2 == 0 ? store() : *other;
      for (int round = 0; round < kRounds; ++round) {
        const absl::Status status = mine.Change([&](ControlTransaction& t) {
          const int64_t number = *t.NextVersionNumber("r");
          return t.InsertVersion(VersionOf("v" + std::to_string(number), "r", number));
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Read([](ControlTransaction& t) {
    EXPECT_EQ(*t.NextVersionNumber("r"), kThreads * kRounds + 1);
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace junctor::engine
