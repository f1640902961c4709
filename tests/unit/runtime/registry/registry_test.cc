#include "runtime/registry/registry.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/interp/execution.h"

namespace junctor {
namespace {

std::shared_ptr<const Program> MakeProgram(const std::string& route = "test") {
  ProgramParts parts;
  parts.route_name = route;
  parts.bounds = {1, 0, 0};
  parts.elements = {"end"};
  parts.code.push_back({Opcode::kEnd, 0, 0, 0, 0, 0});
  parts.debug.push_back(0);
  auto program = Program::Create(std::move(parts));
  EXPECT_TRUE(program.ok()) << program.status();
  return *std::move(program);
}

TEST(R34, VersionsAreNumberedFromOneAndNeverAgain) {
  Registry registry;
  EXPECT_EQ(registry.Publish("a", MakeProgram()), 1u);
  EXPECT_EQ(registry.Publish("a", MakeProgram()), 2u);
  EXPECT_EQ(registry.Publish("b", MakeProgram()), 1u);
  EXPECT_TRUE(registry.Remove("a"));
  EXPECT_FALSE(registry.Remove("a"));
  EXPECT_EQ(registry.Publish("a", MakeProgram()), 3u);
}

TEST(R34, ASnapshotKeepsWhatItBeganWith) {
  Registry registry;
  registry.Publish("a", MakeProgram("one"));
  const auto before = registry.Snapshot();
  registry.Publish("a", MakeProgram("two"));
  registry.Remove("b");
  EXPECT_EQ(before->Find("a")->program->route_name(), "one");
  EXPECT_EQ(registry.Snapshot()->Find("a")->program->route_name(), "two");
  EXPECT_EQ(registry.Snapshot()->Find(std::string_view("nope")), nullptr);
}

TEST(R34, AReplacedProgramIsFreedWhenItsLastExecutionEnds) {
  Registry registry;
  RegistryReader reader(&registry);
  std::weak_ptr<const Program> old;
  {
    auto program = MakeProgram();
    old = program;
    registry.Publish("a", std::move(program));
  }
  const Request request;
  auto execution = std::make_unique<Execution>(reader.Get().Find("a")->program, &request);
  registry.Publish("a", MakeProgram());
  EXPECT_FALSE(old.expired());
  reader.Refresh();
  EXPECT_FALSE(old.expired()) << "the execution still runs it";
  execution.reset();
  EXPECT_TRUE(old.expired());
}

TEST(R34, AnIdleReaderHoldsItsTableUntilItIsRefreshed) {
  Registry registry;
  std::weak_ptr<const Program> old;
  {
    auto program = MakeProgram();
    old = program;
    registry.Publish("a", std::move(program));
  }
  RegistryReader reader(&registry);
  registry.Remove("a");
  EXPECT_FALSE(old.expired());
  reader.Refresh();
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(reader.Get().size(), 0u);
}

TEST(R34, AnAttachmentLivesAsLongAsItsVersion) {
  Registry registry;
  auto attachment = std::make_shared<const int>(7);
  registry.Publish("a", MakeProgram(), attachment);
  EXPECT_EQ(*static_cast<const int*>(registry.Snapshot()->Find("a")->attachment.get()), 7);
  registry.Publish("a", MakeProgram());
  EXPECT_EQ(attachment.use_count(), 1);
}

TEST(R34, ReadersSeeOneVersionAfterTheOtherWhileWritersSwap) {
  Registry registry;
  registry.Publish("a", MakeProgram());
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      RegistryReader reader(&registry);
      uint64_t last = 0;
      const Request request;
      while (!done.load(std::memory_order_relaxed)) {
        const RouteEntry* entry = reader.Get().Find("a");
        ASSERT_NE(entry, nullptr);
        ASSERT_GE(entry->version, last);
        last = entry->version;
        Execution execution(entry->program, &request);
        ASSERT_TRUE(std::holds_alternative<FinishStep>(execution.Start()));
      }
    });
  }
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      for (int k = 0; k < 200; ++k) registry.Publish("a", MakeProgram());
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(registry.Snapshot()->Find("a")->version, 401u);
}

TEST(R34, ABatchIsOneSwapWithTheHostsVersionsAndAttachments) {
  Registry registry;
  registry.Publish("from file", MakeProgram("file"));
  auto attachment = std::make_shared<const int>(7);
  registry.Apply({{"g/a", MakeProgram("one"), 5, attachment}, {"g/b", MakeProgram("two"), 9, {}}});
  const auto before = registry.Snapshot();
  const uint64_t generation = registry.generation();
  registry.Apply({{"g/a", MakeProgram("older"), 4, {}},
                  {"g/b", nullptr, 0, {}},
                  {"g/gone already", nullptr, 0, {}},
                  {"g/c", MakeProgram("three"), 1, {}}});
  EXPECT_EQ(registry.generation(), generation + 1);
  EXPECT_EQ(before->size(), 3u);
  EXPECT_EQ(before->Find("g/a")->version, 5u);
  EXPECT_EQ(before->Find("g/a")->attachment, attachment);
  EXPECT_EQ(before->Find("g/c"), nullptr);
  const auto after = registry.Snapshot();
  EXPECT_EQ(after->size(), 3u);
  EXPECT_EQ(after->Find("g/a")->version, 4u) << "a rollback";
  EXPECT_EQ(after->Find("g/a")->program->route_name(), "older");
  EXPECT_EQ(after->Find("g/a")->attachment, nullptr);
  EXPECT_EQ(after->Find("g/b"), nullptr);
  EXPECT_EQ(after->Find("g/c")->version, 1u);
  EXPECT_EQ(after->Find("from file")->version, 1u);
  EXPECT_EQ(registry.Publish("from file", MakeProgram()), 2u);
}

TEST(R34, AnEmptyBatchIsNoSwap) {
  Registry registry;
  const uint64_t generation = registry.generation();
  registry.Apply({});
  EXPECT_EQ(registry.generation(), generation);
}

TEST(R34, TenThousandRoutesAreAllFoundAndVisitedAndRemoved) {
  Registry registry;
  const auto program = MakeProgram();
  std::vector<RouteChange> changes;
  for (uint64_t i = 1; i <= 10'000; ++i) {
    changes.push_back({"gateway/route-" + std::to_string(i), program, i, {}});
  }
  registry.Apply(changes);
  const auto full = registry.Snapshot();
  ASSERT_EQ(full->size(), 10'000u);
  for (const RouteChange& change : changes) {
    const RouteEntry* entry = full->Find(change.name);
    ASSERT_NE(entry, nullptr) << change.name;
    ASSERT_EQ(entry->version, change.version);
  }
  EXPECT_EQ(full->Find("gateway/route-10001"), nullptr);
  uint64_t sum = 0;
  full->ForEach([&sum](std::string_view, const RouteEntry& entry) { sum += entry.version; });
  EXPECT_EQ(sum, 50'005'000u);
  for (RouteChange& change : changes) change.program = nullptr;
  registry.Apply(changes);
  EXPECT_EQ(registry.Snapshot()->size(), 0u);
  EXPECT_EQ(full->size(), 10'000u);
}

TEST(R34, AReplacedProgramOfABatchIsFreedThoughOtherShardsAreShared) {
  Registry registry;
  std::vector<RouteChange> changes;
  for (int i = 0; i < 1000; ++i) {
    changes.push_back({"route-" + std::to_string(i), MakeProgram(), 1, {}});
  }
  const std::weak_ptr<const Program> replaced = changes[7].program;
  const std::weak_ptr<const Program> kept = changes[8].program;
  registry.Apply(std::move(changes));
  registry.Apply({{"route-7", MakeProgram(), 2, {}}});
  EXPECT_TRUE(replaced.expired());
  EXPECT_FALSE(kept.expired());
}

TEST(R34, ReadersSeeBatchesWholeWhileWritersSwap) {
  Registry registry;
  // Every batch gives both names one version, and the program says it, too.
  const auto batch = [&registry](uint64_t version) {
    const auto program = MakeProgram(std::to_string(version));
    auto attachment = std::make_shared<const uint64_t>(version);
    registry.Apply({{"a", program, version, attachment}, {"b", program, version, attachment}});
  };
  batch(1);
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      RegistryReader reader(&registry);
      while (!done.load(std::memory_order_relaxed)) {
        const RouteTable& table = reader.Get();
        const RouteEntry* a = table.Find("a");
        const RouteEntry* b = table.Find("b");
        ASSERT_NE(a, nullptr);
        ASSERT_NE(b, nullptr);
        ASSERT_EQ(a->version, b->version);
        ASSERT_EQ(a->program->route_name(), std::to_string(a->version));
        ASSERT_EQ(*static_cast<const uint64_t*>(b->attachment.get()), a->version);
      }
    });
  }
  std::thread other([&] {
    for (int k = 0; k < 200; ++k) registry.Publish("c", MakeProgram());
  });
  for (uint64_t version = 2; version <= 300; ++version) batch(version);
  other.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(registry.Snapshot()->Find("a")->version, 300u);
  EXPECT_EQ(registry.Snapshot()->Find("c")->version, 200u);
}

}  // namespace
}  // namespace junctor
