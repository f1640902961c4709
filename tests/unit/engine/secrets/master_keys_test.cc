#include "engine/secrets/master_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;

const std::string kHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
// `printf KEY | xxd -r -p | base64`, and `| sha256sum | cut -c1-16`.
const std::string kBase64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const std::string kId = "630dcd2966c43366";
const std::string kOtherHex(64, 'f');

TEST(MasterKeys, AreReadInEverySpelling) {
  const std::string upper = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F";
  for (const std::string& text :
       {kHex, upper, kBase64, kBase64.substr(0, 43), "\n " + kHex + " \r\n", kHex + "," + kHex}) {
    const auto keys = MasterKeys::Parse(text);
    ASSERT_TRUE(keys.ok()) << text << ": " << keys.status();
    EXPECT_EQ(keys->all().size(), 1U) << text;
    EXPECT_EQ(keys->active().id, kId) << text;
    EXPECT_EQ(keys->active().bytes[31], 0x1f) << text;
  }
}

TEST(MasterKeys, UrlAlphabetIsBase64Too) {
  const auto standard = MasterKeys::Parse(std::string(42, '/') + "w=");
  const auto url = MasterKeys::Parse(std::string(42, '_') + "w");
  ASSERT_TRUE(standard.ok()) << standard.status();
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(standard->active().id, url->active().id);
}

TEST(MasterKeys, TheFirstIsActiveAndAllAreFoundById) {
  const auto keys = MasterKeys::Parse(kOtherHex + "\n" + kBase64);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_NE(keys->active().id, kId);
  ASSERT_NE(keys->Find(kId), nullptr);
  EXPECT_EQ(keys->Find(kId)->bytes[1], 1);
  EXPECT_EQ(keys->Find("0000000000000000"), nullptr);
  const auto joined = MasterKeys::Joined(*MasterKeys::Parse(kHex), *keys);
  EXPECT_EQ(joined.active().id, kId);
  EXPECT_EQ(joined.all().size(), 2U);
}

TEST(MasterKeys, WhatIsNoKeyIsRefusedAndNotRepeated) {
  const std::vector<std::string> wrong = {"",
                                          " \n",
                                          "abc",
                                          kHex + "0",
                                          kHex.substr(1),
                                          kHex.substr(1) + "g",
                                          kBase64.substr(0, 42),
                                          kBase64 + "=",
                                          std::string(42, '/') + "/=",
                                          std::string(43, '!')};
  for (const std::string& text : wrong) {
    const auto keys = MasterKeys::Parse(text);
    ASSERT_FALSE(keys.ok()) << text;
    EXPECT_THAT(std::string(keys.status().message()), HasSubstr("openssl rand -hex 32"));
    if (text.size() > 5) {
      EXPECT_THAT(std::string(keys.status().message()), testing::Not(HasSubstr(text)));
    }
  }
  const auto second = MasterKeys::Parse(kHex + " abc");
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("master key 2 has 3 characters"));
}

TEST(MasterKeys, AreReadFromAFileWhoseErrorsSayHowToMakeOne) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("junctor_master_keys_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "master.key";
  std::ofstream(file) << kHex << "\n";
  const auto keys = MasterKeys::ReadFile(file);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->active().id, kId);

  std::ofstream(file) << "short";
  std::ofstream(folder / "long") << std::string(100'000, 'a');
  for (const std::string& wrong :
       {file, std::string(folder / "long"), std::string(folder / "none"), std::string(folder)}) {
    const auto status = MasterKeys::ReadFile(wrong).status();
    EXPECT_FALSE(status.ok()) << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong));
    EXPECT_THAT(std::string(status.message()), HasSubstr("openssl rand -hex 32"));
  }
  EXPECT_THAT(std::string(MasterKeys::ReadFile(folder / "none").status().message()),
              HasSubstr("0600"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace junctor::engine
