// Where a login is kept, and which of option, variable and login counts.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "engine/cli/client/client_session.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/login_file.h"

namespace junctor::engine {
namespace {

EnvironmentLookup Variables(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

class LoginTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/login.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    home_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(home_); }
  std::string path() const { return home_ + "/junctor/login.json"; }
  EnvironmentLookup With(std::map<std::string, std::string> more = {}) const {
    more.emplace("XDG_CONFIG_HOME", home_);
    return Variables(more);
  }
  void LogIn() const {
    ASSERT_TRUE(
        WriteLogin(path(), {"http://one:1", "acme", "prod", "/ca.pem", Secret("jct_login")}).ok());
  }

  std::string home_;
};

TEST_F(LoginTest, TheFileIsBelowTheConfigurationFolder) {
  EXPECT_EQ(*LoginFilePath(Variables({{"XDG_CONFIG_HOME", "/c"}, {"HOME", "/h"}})),
            "/c/junctor/login.json");
  EXPECT_EQ(*LoginFilePath(Variables({{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/h"}})),
            "/h/.config/junctor/login.json");
  EXPECT_TRUE(absl::IsNotFound(LoginFilePath(Variables({})).status()));
}

TEST_F(LoginTest, WhatIsWrittenIsReadBackAndIsForItsOwnerAlone) {
  LogIn();
  struct stat facts {};
  ASSERT_EQ(stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  ASSERT_EQ(stat((home_ + "/junctor").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700U);
  const absl::StatusOr<std::optional<Login>> login = ReadLogin(path());
  ASSERT_TRUE(login.ok() && login->has_value()) << login.status();
  EXPECT_EQ((*login)->url, "http://one:1");
  EXPECT_EQ((*login)->account, "acme");
  EXPECT_EQ((*login)->gateway, "prod");
  EXPECT_EQ((*login)->ca_file, "/ca.pem");
  EXPECT_EQ((*login)->token.Reveal(), "jct_login");
  EXPECT_TRUE(*RemoveLogin(path()));
  EXPECT_FALSE(*RemoveLogin(path()));
  EXPECT_FALSE(ReadLogin(path())->has_value());
}

TEST_F(LoginTest, AFileThatAnybodyCouldReadGetsItsModeWhenItIsWrittenAnew) {
  LogIn();
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  LogIn();
  struct stat facts {};
  ASSERT_EQ(stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(LoginTest, ADamagedFileIsNamed) {
  LogIn();
  std::ofstream(path()) << "{\"url\": ";
  const absl::StatusOr<ClientSettings> settings = ResolveSettings({}, With());
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.status().message().find(path()), std::string::npos) << settings.status();
}

TEST_F(LoginTest, OptionsBeatVariablesWhichBeatTheLogin) {
  LogIn();
  const auto settings = [this](ClientOptions options,
                               std::map<std::string, std::string> variables) {
    return *ResolveSettings(options, With(std::move(variables)));
  };
  ClientSettings found = settings({}, {});
  EXPECT_EQ(found.target.url, "http://one:1");
  EXPECT_EQ(found.target.account, "acme");
  EXPECT_EQ(found.target.token.Reveal(), "jct_login");
  EXPECT_EQ(found.gateway, "prod");

  found = settings({}, {{"JUNCTOR_TOKEN", "jct_variable"}});
  EXPECT_EQ(found.target.url, "http://one:1");
  EXPECT_EQ(found.target.token.Reveal(), "jct_variable");

  found = settings({}, {{"JUNCTOR_URL", "http://two:2/"}, {"JUNCTOR_TOKEN", "jct_variable"}});
  EXPECT_EQ(found.target.url, "http://two:2");
  EXPECT_EQ(found.target.account, "default");
  EXPECT_EQ(found.target.ca_file, "");
  EXPECT_EQ(found.gateway, "default");

  ClientOptions options;
  options.url = "http://three:3";
  options.token_env = "MINE";
  options.gateway = "test";
  found = settings(options,
                   {{"JUNCTOR_URL", "http://two:2"}, {"JUNCTOR_TOKEN", "x"}, {"MINE", "jct_mine"}});
  EXPECT_EQ(found.target.url, "http://three:3");
  EXPECT_EQ(found.target.token.Reveal(), "jct_mine");
  EXPECT_EQ(found.gateway, "test");
}

TEST_F(LoginTest, TheLoginsTokenGoesToTheLoginsServerAlone) {
  LogIn();
  ClientOptions elsewhere;
  elsewhere.url = "http://elsewhere:1";
  const absl::StatusOr<ClientSettings> settings = ResolveSettings(elsewhere, With());
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.status().message().find("http://one:1"), std::string::npos);
  ClientOptions same;
  same.url = "http://one:1/";
  EXPECT_EQ(ResolveSettings(same, With())->target.token.Reveal(), "jct_login");
}

TEST_F(LoginTest, WithoutAnyTokenTheErrorSaysHowToGiveOne) {
  const absl::StatusOr<ClientSettings> settings = ResolveSettings({}, With());
  ASSERT_FALSE(settings.ok());
  EXPECT_NE(settings.status().message().find("junctor login"), std::string::npos);
  ClientOptions options;
  options.token_env = "NONE";
  EXPECT_NE(ResolveSettings(options, With()).status().message().find("`NONE`"), std::string::npos);
}

TEST(CommandInputTest, SettingsAreJsonOrElseText) {
  const absl::StatusOr<Json> json =
      ReadAssignments({"a=true", "b=12", "c=sliding", "d=null", "e=[1]", "f=\"5\"", "g="});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->Compact(), R"({"a":true,"b":12,"c":"sliding","d":null,"e":[1],"f":"5","g":""})");
  EXPECT_FALSE(ReadAssignments({"a"}).ok());
  EXPECT_FALSE(ReadAssignments({"=1"}).ok());
}

TEST(CommandInputTest, TimesAreSpansOrPointsInTime) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(*ReadTime("30d", now, true), "2023-12-14T22:13:20.000Z");
  EXPECT_EQ(*ReadTime("24h", now, false), "2023-11-13T22:13:20.000Z");
  EXPECT_EQ(*ReadTime("90m", now, true), "2023-11-14T23:43:20.000Z");
  EXPECT_EQ(*ReadTime("2026-11-21T23:30:00+01:00", now, true), "2026-11-21T22:30:00.000Z");
  for (const char* text : {"", "d", "3x", "-1d", "tomorrow", "1d2"}) {
    EXPECT_FALSE(ReadTime(text, now, true).ok()) << text;
  }
}

}  // namespace
}  // namespace junctor::engine
