// Changes are noticed, however a file or the folder is replaced.
#include "engine/store/route_watcher.h"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <thread>

#include "tests/unit/engine/store/route_files.h"

namespace junctor::engine {
namespace {

class RouteWatcherTest : public RouteFiles {
 protected:
  void Start() {
    watcher_ = std::make_unique<RouteWatcher>(directory_.get(), log_.get());
    ASSERT_TRUE(watcher_->Start().ok());
    Reload(ReloadCause::kStart);
  }

  // Waits until `done`; false after ten seconds.
  static bool Eventually(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      if (done()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return done();
  }
  testing::AssertionResult Serves(const std::string& route, const std::string& model) {
    if (Eventually([&] { return ModelOf(route) == model; })) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << route << " serves `" << ModelOf(route) << "`, not `" << model << "`; log:\n"
           << LogText();
  }

  std::unique_ptr<RouteWatcher> watcher_;
};

TEST_F(RouteWatcherTest, AFileThatIsWrittenInPlace) {
  Start();
  Write("a.json", RouteText("a", "one"));
  EXPECT_TRUE(Serves("a", "one"));
  Write("a.json", RouteText("a", "two"));
  EXPECT_TRUE(Serves("a", "two"));
}

TEST_F(RouteWatcherTest, AFileThatIsRenamedOver) {
  Write("a.json", RouteText("a", "one"));
  Start();
  EXPECT_TRUE(Serves("a", "one"));
  Write("a.json.tmp", RouteText("a", "two"));
  std::filesystem::rename(routes_ / "a.json.tmp", routes_ / "a.json");
  EXPECT_TRUE(Serves("a", "two"));
}

TEST_F(RouteWatcherTest, AFileThatIsRemovedOrMovedAway) {
  Write("a.json", RouteText("a", "one"));
  Write("b.json", RouteText("b", "one"));
  Start();
  std::filesystem::remove(routes_ / "a.json");
  EXPECT_TRUE(Serves("a", ""));
  std::filesystem::rename(routes_ / "b.json", root_ / "b.json");
  EXPECT_TRUE(Serves("b", ""));
}

TEST_F(RouteWatcherTest, LinksThatAreSwappedAsKubernetesDoes) {
  const auto deploy = [this](const std::string& revision, const std::string& model) {
    std::filesystem::create_directory(routes_ / revision);
    std::ofstream(routes_ / revision / "a.json") << RouteText("a", model);
    std::filesystem::create_directory_symlink(revision, routes_ / "..data_tmp");
    std::filesystem::rename(routes_ / "..data_tmp", routes_ / "..data");
  };
  deploy("..first", "one");
  std::filesystem::create_symlink("..data/a.json", routes_ / "a.json");
  Start();
  EXPECT_TRUE(Serves("a", "one"));
  deploy("..second", "two");
  EXPECT_TRUE(Serves("a", "two"));
}

TEST_F(RouteWatcherTest, AFolderThatGoesAndComesBack) {
  Write("a.json", RouteText("a", "one"));
  Start();
  std::filesystem::rename(routes_, root_ / "moved");
  EXPECT_TRUE(Eventually([this] { return CountInLog("routes_unreadable") > 0; }));
  EXPECT_EQ(ModelOf("a"), "one");
  std::filesystem::create_directory(routes_);
  Write("a.json", RouteText("a", "two"));
  EXPECT_TRUE(Serves("a", "two"));
  Write("a.json", RouteText("a", "three"));  // the new folder is watched, not the old one
  EXPECT_TRUE(Serves("a", "three"));
}

TEST_F(RouteWatcherTest, AFolderThatIsALinkWhichIsSwapped) {
  std::filesystem::create_directory(root_ / "first");
  std::filesystem::create_directory(root_ / "second");
  std::ofstream(root_ / "first" / "a.json") << RouteText("a", "one");
  std::ofstream(root_ / "second" / "a.json") << RouteText("a", "two");
  std::filesystem::remove(routes_);
  std::filesystem::create_directory_symlink("first", routes_);
  Start();
  EXPECT_TRUE(Serves("a", "one"));
  std::filesystem::create_directory_symlink("second", root_ / "next");
  std::filesystem::rename(root_ / "next", routes_);
  EXPECT_TRUE(Serves("a", "two"));
  std::ofstream(root_ / "second" / "a.json") << RouteText("a", "three");
  EXPECT_TRUE(Serves("a", "three"));
}

TEST_F(RouteWatcherTest, AFolderThatIsNotThereAtTheStart) {
  std::filesystem::remove(routes_);
  watcher_ = std::make_unique<RouteWatcher>(directory_.get(), log_.get());
  ASSERT_TRUE(watcher_->Start().ok());
  EXPECT_FALSE(directory_->Reload(ReloadCause::kStart).ok());
  std::filesystem::create_directory(routes_);
  Write("a.json", RouteText("a", "one"));
  EXPECT_TRUE(Serves("a", "one"));
}

TEST_F(RouteWatcherTest, ManyChangesEndWithTheLastText) {
  Start();
  for (int i = 0; i < 300; ++i) Write("a.json", RouteText("a", "m" + std::to_string(i)));
  EXPECT_TRUE(Serves("a", "m299"));
  EXPECT_LT(VersionOf("a"), 300u);  // read in groups
}

TEST_F(RouteWatcherTest, AReloadThatIsAskedForReadsAgain) {
  Write("bad.json", "nonsense");
  Start();
  EXPECT_EQ(CountInLog("route_rejected"), 1u);
  watcher_->RequestReload();
  EXPECT_TRUE(Eventually([this] { return CountInLog("route_rejected") == 2; }));
}

}  // namespace
}  // namespace junctor::engine
