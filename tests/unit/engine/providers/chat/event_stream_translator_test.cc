// What all translations of streams and whole bodies share.
#include "engine/providers/chat/event_stream_translator.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::engine {
namespace {

// Writes each event's name and data; "end" completes, "junk" is invalid.
class Echo final : public EventStreamTranslator {
 protected:
  EventResult OnEvent(std::string_view name, std::string_view data, std::string* out) override {
    if (data == "junk") return EventResult::kInvalid;
    out->append(name).append("=").append(data).append(";");
    return data == "end" ? EventResult::kComplete : EventResult::kGoOn;
  }
  absl::Status OnEnd(std::string*) override { return absl::DataLossError("no end"); }
};

TEST(EventStreamTranslator, IgnoresWhatFollowsTheEnd) {
  Echo echo;
  std::string out;
  EXPECT_TRUE(
      echo.Feed("event: a\ndata:  x \n\n:c\n\ndata: junk\n\ndata:  \n\ndata: end\n\ndata: y\n\n",
                &out)
          .ok());
  EXPECT_TRUE(echo.complete());
  EXPECT_TRUE(echo.Feed("data: z\n\n", &out).ok());
  EXPECT_TRUE(echo.Finish(&out).ok());
  EXPECT_EQ(out, "a=x;=end;");
  EXPECT_EQ(echo.invalid_events(), 2u);
}

TEST(EventStreamTranslator, TakesALastEventWithoutAnEmptyLineAfterIt) {
  Echo echo;
  std::string out;
  EXPECT_TRUE(echo.Feed("data: end", &out).ok());
  EXPECT_FALSE(echo.complete());
  EXPECT_TRUE(echo.Finish(&out).ok());
  EXPECT_TRUE(echo.complete());
  EXPECT_EQ(out, "=end;");
}

TEST(EventStreamTranslator, SaysWhenTheEndIsMissing) {
  Echo echo;
  std::string out;
  EXPECT_TRUE(echo.Feed("data: x\n\n", &out).ok());
  EXPECT_EQ(echo.Finish(&out).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(echo.complete());
}

TEST(EventStreamTranslator, RefusesAnEventBeyondTheBound) {
  Echo echo;
  std::string out;
  const std::string piece(1 << 20, 'x');
  absl::Status status = echo.Feed("data: ", &out);
  for (int i = 0; i < 17 && status.ok(); ++i) status = echo.Feed(piece, &out);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

class Whole final : public WholeBodyTranslator {
 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    out->append(body);
    return body == "bad" ? absl::DataLossError("bad") : absl::OkStatus();
  }
};

TEST(WholeBodyTranslator, WaitsForTheWholeBody) {
  Whole whole;
  std::string out;
  EXPECT_TRUE(whole.Feed("a", &out).ok());
  EXPECT_TRUE(whole.Feed("b", &out).ok());
  EXPECT_EQ(out, "");
  EXPECT_FALSE(whole.complete());
  EXPECT_TRUE(whole.Finish(&out).ok());
  EXPECT_TRUE(whole.complete());
  EXPECT_EQ(out, "ab");
  Whole bad;
  EXPECT_TRUE(bad.Feed("bad", &out).ok());
  EXPECT_FALSE(bad.Finish(&out).ok());
  EXPECT_FALSE(bad.complete());
}

}  // namespace
}  // namespace junctor::engine
