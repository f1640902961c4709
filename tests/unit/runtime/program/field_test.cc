#include "runtime/program/field.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace junctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Field, BodyPathsSplitAtDots) {
  const auto field = ParseField("body.messages.0.role");
  ASSERT_TRUE(field.ok()) << field.status();
  EXPECT_EQ(field->root, FieldRoot::kBody);
  EXPECT_EQ(field->text, "body.messages.0.role");
  EXPECT_THAT(field->segments, ElementsAre("messages", "0", "role"));
}

TEST(Field, HeaderNamesAreLowerCasedAndWhole) {
  const auto field = ParseField("headers.X-Feature.Flag");
  ASSERT_TRUE(field.ok()) << field.status();
  EXPECT_EQ(field->root, FieldRoot::kHeaders);
  EXPECT_THAT(field->segments, ElementsAre("x-feature.flag"));
}

TEST(Field, MetadataKeysAreWhole) {
  const auto field = ParseField("metadata.user.plan");
  ASSERT_TRUE(field.ok()) << field.status();
  EXPECT_EQ(field->root, FieldRoot::kMetadata);
  EXPECT_THAT(field->segments, ElementsAre("user.plan"));
}

TEST(Field, EveryFactParses) {
  for (size_t i = 0; i < RequestFactNames().size(); ++i) {
    const auto field = ParseField("request." + RequestFactNames()[i]);
    ASSERT_TRUE(field.ok()) << field.status();
    EXPECT_EQ(field->root, FieldRoot::kRequest);
    EXPECT_EQ(field->fact, static_cast<RequestFact>(i));
    EXPECT_EQ(RequestFactName(field->fact), RequestFactNames()[i]);
  }
}

TEST(Field, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) {
    return std::string(ParseField(text).status().message());
  };
  EXPECT_THAT(error("user_plan"), HasSubstr("unknown root `user_plan`"));
  EXPECT_THAT(error(""), HasSubstr("unknown root ``"));
  EXPECT_THAT(error("Body.model"), HasSubstr("unknown root `Body`"));
  EXPECT_THAT(error("body"), HasSubstr("nothing follows the root"));
  EXPECT_THAT(error("headers."), HasSubstr("nothing follows the root"));
  EXPECT_THAT(error("request.colour"), HasSubstr("unknown fact `colour`"));
  EXPECT_THAT(error("body.a..b"), HasSubstr("empty"));
  EXPECT_THAT(error("body.a."), HasSubstr("empty"));
}

TEST(Field, PathsHaveALimit) {
  std::string path = "body";
  for (size_t i = 0; i < kMaxFieldSegments; ++i) path += ".a";
  EXPECT_TRUE(ParseField(path).ok());
  EXPECT_THAT(std::string(ParseField(path + ".a").status().message()),
              HasSubstr("more than 64 segments"));
}

}  // namespace
}  // namespace junctor
