#include "runtime/request/metadata.h"

#include "gtest/gtest.h"

namespace junctor {
namespace {

TEST(R37, ScalarsKeepTheirTypes) {
  const auto metadata = Metadata::Parse(R"({"plan":"p\u00e4id","n":5.0,"x":0.5,"vip":true})");
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->Find("plan").string(), "p\u00e4id");
  EXPECT_EQ(metadata->Find("n").integer(), 5);
  EXPECT_EQ(metadata->Find("x").real(), 0.5);
  EXPECT_TRUE(metadata->Find("vip").boolean());
  EXPECT_TRUE(metadata->Find("none").is_missing());
}

TEST(R37, TheFirstFiveEntriesCount) {
  const char* text = R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6})";
  const auto metadata = Metadata::Parse(text);
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(metadata->entries().size(), 5u);
  EXPECT_TRUE(metadata->Find("f").is_missing());
  EXPECT_EQ(Metadata::Parse(text, 64)->Find("f").integer(), 6);
}

TEST(R37, AnythingElseIsRefusedAndNamed) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {{"", "it is not JSON"},
               {"plan=paid", "it is not JSON"},
               {"{\"a\":1} x", "it is not JSON"},
               {"[1]", "it is an array"},
               {"\"x\"", "it is a string"},
               {"null", "it is null"},
               {R"({"a":1,"deep":{"b":1}})", "entry \"deep\" is an object"},
               {R"({"a":[1]})", "entry \"a\" is an array"},
               {R"({"a":null})", "entry \"a\" is null"},
               {"{\"a\":\"\xff\"}", "it is not valid UTF-8"}};
  for (const auto& c : cases) {
    const auto metadata = Metadata::Parse(c.text);
    ASSERT_FALSE(metadata.ok()) << c.text;
    EXPECT_EQ(metadata.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(metadata.status().message()).find(c.message), std::string::npos)
        << metadata.status();
    EXPECT_NE(std::string(metadata.status().message()).find("cf-aig-metadata"), std::string::npos);
  }
  EXPECT_FALSE(Metadata::Parse("{\"a\":\"" + std::string(kMaxMetadataBytes, 'x') + "\"}").ok());
}

TEST(Metadata, OwnsItsBytes) {
  auto text = std::make_unique<std::string>(R"({"plan":"paid"})");
  auto metadata = Metadata::Parse(*text);
  text.reset();
  const Metadata moved = *std::move(metadata);
  EXPECT_EQ(moved.Find("plan").string(), "paid");
}

}  // namespace
}  // namespace junctor
