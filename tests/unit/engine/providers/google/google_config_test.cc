// Settings that are Google's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "engine/providers/google/google_format.h"
#include "tests/unit/engine/providers/google/chat_testing.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Translate;

// The body for a request with these further members.
std::string BodyWith(std::string_view members, std::string_view model = "gemini-2.5-flash") {
  std::string body = R"({"messages":[{"role":"user","content":"x"}])";
  if (!members.empty()) body.append(",").append(members);
  const auto made = Translate(GoogleFormat(), body + "}", model);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->request.body : std::string();
}

TEST(GoogleConfig, ThinkingConfigBeatsTheEffort) {
  const std::string body = BodyWith(
      R"("reasoning_effort":"high","extra_body":{"google":{"thinking_config":{"thinking_budget":512,"include_thoughts":true}}})");
  EXPECT_THAT(body, HasSubstr(R"("thinkingConfig":{"thinkingBudget":512,"includeThoughts":true})"));
}

TEST(GoogleConfig, IncludeThoughtsAloneGoesWithTheEffort) {
  const std::string body =
      BodyWith(R"("reasoning_effort":"low","google":{"thinking_config":{"include_thoughts":true}})",
               "gemini-3-flash-preview");
  EXPECT_THAT(body,
              HasSubstr(R"("thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true})"));
}

TEST(GoogleConfig, GooglesOwnSpellingIsTakenToo) {
  EXPECT_THAT(BodyWith(R"("extra_body":{"google":{"thinkingConfig":{"thinkingLevel":"high"}}})"),
              HasSubstr(R"("thinkingConfig":{"thinkingLevel":"HIGH"})"));
}

TEST(GoogleConfig, AnEffortForAModelThatDoesNotThinkIsDropped) {
  EXPECT_THAT(BodyWith(R"("reasoning_effort":"high")", "gemini-2.0-flash"),
              Not(HasSubstr("thinkingConfig")));
}

TEST(GoogleConfig, SafetySettingsAndCachedContentArePassedOn) {
  const std::string body = BodyWith(
      R"("safety_settings":[{"category":"A","threshold":"B"}],"extra_body":{"google":{"cached_content":"cachedContents/1"}})");
  EXPECT_THAT(body, HasSubstr(R"("safetySettings":[{"category":"A","threshold":"B"}])"));
  EXPECT_THAT(body, HasSubstr(R"("cachedContent":"cachedContents/1")"));
}

TEST(GoogleConfig, NothingIsWrittenWhereNothingIsSet) {
  EXPECT_EQ(BodyWith(""), R"({"contents":[{"role":"user","parts":[{"text":"x"}]}]})");
}

}  // namespace
}  // namespace junctor::engine
