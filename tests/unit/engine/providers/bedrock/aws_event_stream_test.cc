// The binary event stream: frames as they come, cut anywhere, and what is refused.
#include "engine/providers/bedrock/aws_event_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/unit/engine/providers/bedrock/frame.h"

namespace junctor::engine {
namespace {

// A frame on which two other implementations agree.
constexpr char kKnownFrame[] =
    "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c7461"
    "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
    "0d3a6d6573736167652d747970650700056576656e74"
    "7b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d7d"
    "1f944657";

// One frame as text, or what is wrong.
std::vector<std::string> Read(std::string_view stream, const std::vector<size_t>& cuts) {
  AwsEventReader reader;
  std::vector<std::string> events;
  size_t begin = 0;
  const auto feed = [&](size_t end) {
    // A copy of its own, so that a look after its life is seen.
    const auto piece = std::make_unique<std::string>(stream.substr(begin, end - begin));
    begin = end;
    reader.Feed(*piece);
    while (true) {
      const auto event = reader.Next();
      if (!event.ok()) {
        events.push_back(std::string(event.status().message()));
        return false;
      }
      if (!event->has_value()) return true;
      const AwsEvent& e = **event;
      std::string text(e.message_type);
      for (std::string_view part :
           {e.event_type, e.exception_type, e.error_code, e.error_message, e.payload}) {
        text.append("|").append(part);
      }
      events.push_back(text);
    }
  };
  for (size_t cut : cuts) {
    if (!feed(cut)) return events;
  }
  if (feed(stream.size()) && reader.inside_frame()) events.push_back("unfinished");
  return events;
}

std::vector<size_t> EveryByte(size_t size) {
  std::vector<size_t> cuts(size);
  for (size_t i = 0; i < size; ++i) cuts[i] = i;
  return cuts;
}

TEST(AwsEventStream, ReadsTheKnownFrame) {
  const std::string frame = absl::HexStringToBytes(kKnownFrame);
  ASSERT_EQ(frame.size(), 148u);
  EXPECT_EQ(Read(frame, {}),
            std::vector<std::string>{
                R"(event|contentBlockDelta||||{"contentBlockIndex":0,"delta":{"text":"Hi"}})"});
}

TEST(AwsEventStream, IsTheSameHoweverItIsCut) {
  const std::string frame = absl::HexStringToBytes(kKnownFrame);
  const std::string stream = frame + testing::Frame("event", "messageStop", "{}") + frame;
  const std::vector<std::string> whole = Read(stream, {});
  ASSERT_EQ(whole.size(), 3u);
  for (size_t first = 0; first <= stream.size(); ++first) {
    ASSERT_EQ(Read(stream, {first}), whole) << first;
    ASSERT_EQ(Read(stream, {first / 2, first}), whole) << first;
  }
  EXPECT_EQ(Read(stream, EveryByte(stream.size())), whole);
  for (size_t end = 1; end < frame.size(); ++end) {
    ASSERT_EQ(Read(frame.substr(0, end), {}), std::vector<std::string>{"unfinished"}) << end;
  }
}

TEST(AwsEventStream, TheTestsFramesAreLikeTheKnownOne) {
  EXPECT_EQ(testing::Frame("event", "contentBlockDelta",
                           R"({"contentBlockIndex":0,"delta":{"text":"Hi"}})"),
            absl::HexStringToBytes(kKnownFrame));
}

TEST(AwsEventStream, PassesOverHeadersOfAllTypes) {
  std::string headers;
  const auto add = [&headers](uint8_t type, std::string_view value) {
    headers += testing::HeaderName("h" + std::to_string(type));
    headers.push_back(static_cast<char>(type));
    headers.append(value);
  };
  using std::string_literals::operator""s;
  add(0, "");
  add(1, "");
  add(2, "b");
  add(3, "sh");
  add(4, "intg");
  add(5, "longlong");
  add(6, "\0\3abc"s);
  add(7, "\0\2ab"s);
  add(8, "timestmp");
  add(9, "0123456789abcdef");
  headers += testing::StringHeader(":message-type", "error");
  headers += testing::StringHeader(":error-code", "Broken");
  headers += testing::StringHeader(":error-message", "it broke");
  EXPECT_EQ(Read(testing::RawFrame(headers, ""), {}),
            std::vector<std::string>{"error|||Broken|it broke|"});
  // A header of a name that counts, but no string: as if it were not there.
  std::string number = testing::HeaderName(":event-type");
  number += "\4intg";
  EXPECT_EQ(Read(testing::RawFrame(number, "{}"), {}), std::vector<std::string>{"|||||{}"});
}

TEST(AwsEventStream, RefusesWhatIsNoFrame) {
  using std::string_literals::operator""s;
  const std::string good = testing::Frame("event", "messageStop", "{}");
  std::string bad_prelude = good;
  bad_prelude[9] = static_cast<char>(bad_prelude[9] ^ 1);
  std::string bad_payload = good;
  bad_payload[good.size() - 6] = static_cast<char>(bad_payload[good.size() - 6] ^ 1);
  std::string bad_checksum = good;
  bad_checksum.back() = static_cast<char>(bad_checksum.back() ^ 1);
  struct Case {
    std::string name, bytes, expected;
  };
  const Case cases[] = {
      {"a wrong checksum of the lengths", bad_prelude,
       "event stream: the checksum of a frame's lengths is wrong"},
      {"a changed payload", bad_payload, "event stream: the checksum of a frame is wrong"},
      {"a wrong checksum at the end", bad_checksum,
       "event stream: the checksum of a frame is wrong"},
      {"a frame beyond the limit, before its bytes are there",
       testing::Prelude(16 * 1024 * 1024 + 1, 0),
       "event stream: a frame has 16777217 bytes, more than 16777216"},
      {"headers beyond the limit", testing::Prelude(1024 * 1024, 128 * 1024 + 1),
       "event stream: a frame has 131073 bytes of headers, more than 131072"},
      {"headers longer than the frame", testing::Prelude(100, 85),
       "event stream: a frame of 100 bytes can't hold 85 bytes of headers"},
      {"a frame shorter than its own lengths", testing::Prelude(0, 0),
       "event stream: a frame of 0 bytes can't hold 0 bytes of headers"},
      {"a name longer than the headers",
       testing::RawFrame("\5"
                         "ab\7",
                         ""),
       "event stream: a header's name is longer than the headers"},
      {"a type that there is not", testing::RawFrame("\x01z\x0a", ""),
       "event stream: a header has type 10, expected 0 to 9"},
      {"a value without its length", testing::RawFrame("\x01z\x07\x00"s, ""),
       "event stream: a header's value is longer than the headers"},
      {"a string longer than the headers", testing::RawFrame("\x01z\x07\x00\x09xx"s, ""),
       "event stream: a header's value is longer than the headers"},
      {"a number longer than the headers", testing::RawFrame("\x01z\x05xx", ""),
       "event stream: a header's value is longer than the headers"},
      {"text", "data: {\"a\":1}\n\n", "event stream: the checksum of a frame's lengths is wrong"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Read(one.bytes, {}), std::vector<std::string>{one.expected}) << one.name;
    EXPECT_EQ(Read(one.bytes, EveryByte(one.bytes.size())), std::vector<std::string>{one.expected})
        << one.name << ", byte by byte";
  }
}

TEST(AwsEventStream, AFrameOfTheLargestSizeIsRead) {
  const std::string payload(kMaxAwsFrameBytes - 16, 'x');
  const std::string frame = testing::RawFrame("", payload);
  AwsEventReader reader;
  reader.Feed(frame);
  const auto event = reader.Next();
  ASSERT_TRUE(event.ok()) << event.status();
  ASSERT_TRUE(event->has_value());
  EXPECT_EQ((*event)->payload.size(), payload.size());
}

}  // namespace
}  // namespace junctor::engine
