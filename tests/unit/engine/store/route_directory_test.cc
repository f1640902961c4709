// A folder of routes: what of it serves after each reading.
#include "engine/store/route_directory.h"

#include <gmock/gmock.h>

#include "tests/unit/engine/store/route_files.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using RouteDirectoryTest = RouteFiles;

TEST_F(RouteDirectoryTest, EachGoodFileServes) {
  Write("a.json", RouteText("a", "one"));
  Write("b.jsonc", "// a comment\n" + RouteText("b", "two"));
  Write("notes.txt", "not a route");
  Write(".hidden.json", "not a route");
  std::filesystem::create_directory(routes_ / "folder.json.d");
  const ReloadReport report = Reload(ReloadCause::kStart);
  EXPECT_EQ(report.serving, 2u);
  EXPECT_EQ(report.published, 2u);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(ModelOf("a"), "one");
  EXPECT_EQ(ModelOf("b"), "two");
  EXPECT_EQ(changes_, 1);
}

TEST_F(RouteDirectoryTest, AChangedTextIsANewVersionAndAnUnchangedOneIsNot) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  Write("a.json", RouteText("a", "one"));
  EXPECT_EQ(Reload().unchanged, 1u);
  EXPECT_EQ(VersionOf("a"), 1u);
  EXPECT_EQ(changes_, 1);
  Write("a.json", RouteText("a", "two"));
  EXPECT_EQ(Reload().published, 1u);
  EXPECT_EQ(VersionOf("a"), 2u);
  EXPECT_EQ(ModelOf("a"), "two");
}

TEST_F(RouteDirectoryTest, AFileWithErrorsLeavesTheEarlierVersionServingAndSaysSo) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  Write("a.json", "{ \"name\": ");
  const ReloadReport report = Reload();
  EXPECT_EQ(report.failed, 1u);
  EXPECT_EQ(report.serving, 1u);
  EXPECT_EQ(ModelOf("a"), "one");
  EXPECT_THAT(LogText(), HasSubstr("\"level\":\"error\",\"event\":\"route_rejected\""));
  EXPECT_THAT(LogText(), HasSubstr("\"serving_version\":1"));
  EXPECT_THAT(LogText(), HasSubstr("a.json:1:"));  // the rendered diagnostic

  Write("a.json", RouteText("a", "three"));
  EXPECT_EQ(Reload().failed, 0u);
  EXPECT_EQ(ModelOf("a"), "three");
  EXPECT_EQ(VersionOf("a"), 2u);
}

TEST_F(RouteDirectoryTest, AnErrorIsSaidOnceAndAgainWhenAsked) {
  Write("a.json", "nonsense");
  Reload(ReloadCause::kStart);
  Reload();
  Reload();
  EXPECT_EQ(CountInLog("route_rejected"), 1u);
  Reload(ReloadCause::kRequest);
  EXPECT_EQ(CountInLog("route_rejected"), 2u);
}

TEST_F(RouteDirectoryTest, ARemovedFileTakesItsRouteAway) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  std::filesystem::remove(routes_ / "a.json");
  const ReloadReport report = Reload();
  EXPECT_EQ(report.removed, 1u);
  EXPECT_EQ(report.serving, 0u);
  EXPECT_EQ(VersionOf("a"), 0u);
  EXPECT_THAT(LogText(), HasSubstr("route_removed"));
}

TEST_F(RouteDirectoryTest, ARenamedFileKeepsItsVersion) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  std::filesystem::rename(routes_ / "a.json", routes_ / "z.json");
  const ReloadReport report = Reload();
  EXPECT_EQ(report.removed, 0u);
  EXPECT_EQ(report.published, 0u);
  EXPECT_EQ(VersionOf("a"), 1u);
}

TEST_F(RouteDirectoryTest, ARouteThatIsRenamedInItsFileLeavesItsOldName) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  Write("a.json", RouteText("b", "one"));
  const ReloadReport report = Reload();
  EXPECT_EQ(report.removed, 1u);
  EXPECT_EQ(report.published, 1u);
  EXPECT_EQ(ModelOf("a"), "");
  EXPECT_EQ(ModelOf("b"), "one");
}

TEST_F(RouteDirectoryTest, OfTwoFilesWithOneNameTheFirstServesAndTheOtherIsNamed) {
  Write("a.json", RouteText("same", "one"));
  Write("b.json", RouteText("same", "two"));
  EXPECT_EQ(Reload().failed, 1u);
  EXPECT_EQ(ModelOf("same"), "one");
  EXPECT_THAT(LogText(), HasSubstr("the route `same` is already defined by `a.json`, so `b.json` "
                                   "is not used"));
  Reload();
  EXPECT_EQ(CountInLog("route_name_taken"), 1u);
}

TEST_F(RouteDirectoryTest, WhoHasANameKeepsItAgainstANewFileThatSortsBefore) {
  Write("m.json", RouteText("same", "one"));
  Reload();
  Write("a.json", RouteText("same", "two"));
  EXPECT_EQ(Reload().failed, 1u);
  EXPECT_EQ(ModelOf("same"), "one");
  std::filesystem::remove(routes_ / "m.json");
  EXPECT_EQ(Reload().failed, 0u);
  EXPECT_EQ(ModelOf("same"), "two");
  EXPECT_EQ(VersionOf("same"), 2u);
}

TEST_F(RouteDirectoryTest, AFolderThatIsGoneLeavesEverythingServing) {
  Write("a.json", RouteText("a", "one"));
  Reload();
  std::filesystem::rename(routes_, root_ / "moved");
  const auto report = directory_->Reload(ReloadCause::kChange);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("cannot read the routes directory `" + routes_.string() + "`"));
  EXPECT_EQ(ModelOf("a"), "one");
  EXPECT_FALSE(directory_->Reload(ReloadCause::kChange).ok());
  EXPECT_EQ(CountInLog("routes_unreadable"), 1u);
  std::filesystem::rename(root_ / "moved", routes_);
  EXPECT_EQ(Reload().unchanged, 1u);
  EXPECT_EQ(VersionOf("a"), 1u);
}

TEST_F(RouteDirectoryTest, AnEntryThatCannotBeReadIsNamedOnce) {
  std::filesystem::create_directory(routes_ / "a.json");
  EXPECT_EQ(Reload().failed, 1u);
  Reload();
  EXPECT_EQ(CountInLog("route_unreadable"), 1u);
  EXPECT_THAT(LogText(), HasSubstr("it is a directory"));
}

TEST_F(RouteDirectoryTest, ALinkThatLeadsNowhereIsAsIfItWereNotThere) {
  std::filesystem::create_symlink("nowhere", routes_ / "a.json");
  const ReloadReport report = Reload();
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(report.serving, 0u);
}

TEST_F(RouteDirectoryTest, WarningsAreLogged) {
  compiler::CompileOptions options;
  options.known_providers = {"openai"};
  RouteDirectory directory(routes_, options, &registry_, log_.get());
  Write("a.json", RouteText("a", "one"));  // of provider `demo`
  ASSERT_TRUE(directory.Reload(ReloadCause::kStart).ok());
  EXPECT_EQ(ModelOf("a"), "one");
  EXPECT_THAT(LogText(), HasSubstr("\"level\":\"warn\",\"event\":\"route_warning\""));
  EXPECT_THAT(LogText(), HasSubstr("demo"));
}

TEST_F(RouteDirectoryTest, WhatServesIsToldWithItsFileAndText) {
  Write("a.json", RouteText("a", "one"));
  Write("b.json", RouteText("b", "two"));
  EXPECT_FALSE(directory_->Find("a").has_value()) << "not read yet";
  Reload();
  const std::optional<FileRoute> a = directory_->Find("a");
  ASSERT_TRUE(a.has_value());
  EXPECT_EQ(a->name, "a");
  EXPECT_EQ(a->file, (routes_ / "a.json").string());
  EXPECT_EQ(a->text, RouteText("a", "one"));
  EXPECT_EQ(a->version, 1);
  EXPECT_GT(a->modified_ms, 1'600'000'000'000);
  ASSERT_EQ(directory_->All().size(), 2u);
  EXPECT_EQ(directory_->All()[1].name, "b");

  Write("a.json", RouteText("a", "changed"));
  std::filesystem::remove(routes_ / "b.json");
  Reload();
  EXPECT_EQ(directory_->Find("a")->text, RouteText("a", "changed"));
  EXPECT_EQ(directory_->Find("a")->version, 2);
  EXPECT_FALSE(directory_->Find("b").has_value());

  Write("a.json", "no route");
  Reload();
  EXPECT_EQ(directory_->Find("a")->text, RouteText("a", "changed")) << "it still serves";
}

TEST_F(RouteDirectoryTest, AFileWhoseNameIsReservedDoesNotServeUntilTheNameIsFree) {
  std::string reserved = "a";
  RouteDirectory directory(
      routes_, compiler::CompileOptions(), &registry_, log_.get(), {},
      [&reserved](std::string_view name) { return name == reserved ? "the gateway `g`" : ""; });
  Write("a.json", RouteText("a", "one"));
  Write("b.json", RouteText("b", "two"));
  const auto report = directory.Reload(ReloadCause::kStart);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->failed, 1u);
  EXPECT_EQ(report->serving, 1u);
  EXPECT_TRUE(directory.HasReservedNames());
  EXPECT_FALSE(directory.Find("a").has_value());
  EXPECT_EQ(ModelOf("a"), "");
  EXPECT_THAT(LogText(), HasSubstr("\"level\":\"error\",\"event\":\"route_name_taken\""));
  EXPECT_THAT(LogText(), HasSubstr("already defined by the gateway `g`, so `a.json` is not used"));

  reserved = "b";  // a was deleted, b was made
  ASSERT_TRUE(directory.Reload(ReloadCause::kChange).ok());
  EXPECT_EQ(ModelOf("a"), "one");
  EXPECT_EQ(ModelOf("b"), "") << "a file that served is taken out, too";
  reserved.clear();
  ASSERT_TRUE(directory.Reload(ReloadCause::kChange).ok());
  EXPECT_EQ(ModelOf("b"), "two");
  EXPECT_FALSE(directory.HasReservedNames());
}

}  // namespace
}  // namespace junctor::engine
