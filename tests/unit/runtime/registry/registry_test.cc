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

}  // namespace
}  // namespace junctor
