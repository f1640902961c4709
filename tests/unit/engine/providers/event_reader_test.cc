// EventReader against the WHATWG rules, and whole streams cut at every byte.
#include "engine/providers/chat/event_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace junctor::engine {
namespace {

struct Seen {
  std::string name;
  std::string data;
  bool has_data;
  bool operator==(const Seen&) const = default;
};

// Those that are dispatched: a line feed whose carriage return ended the feed before may stand
// alone at the end.
std::vector<Seen> Dispatched(const std::vector<Seen>& seen) {
  std::vector<Seen> result;
  for (const Seen& one : seen) {
    if (one.has_data) result.push_back(one);
  }
  return result;
}

// Feeds `pieces` one after the other from buffers that are overwritten in between, as a socket's
// buffer is.
std::vector<Seen> ReadAll(const std::vector<std::string>& pieces, std::string* raw) {
  EventReader reader;
  std::vector<Seen> seen;
  const auto take = [&](const ServerSentEvent& event) {
    raw->append(event.raw);
    seen.push_back({std::string(event.name), std::string(event.data), event.has_data});
  };
  std::string buffer;
  for (const std::string& piece : pieces) {
    buffer = piece;
    reader.Feed(buffer);
    while (auto event = reader.Next()) take(*event);
    std::fill(buffer.begin(), buffer.end(), '#');
  }
  if (auto event = reader.Finish()) take(*event);
  return seen;
}

TEST(EventReader, FollowsTheStandardsOwnExample) {
  const std::string stream =
      "\xEF\xBB\xBF"
      "data: a\r\ndata:b\rdata:  c\n\n:x\nevent: e\ndata\n\nid: 1\n\n";
  std::string raw;
  const std::vector<Seen> seen = ReadAll({stream}, &raw);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], (Seen{"", "a\nb\n c", true}));
  EXPECT_EQ(seen[1], (Seen{"e", "", true}));
  EXPECT_EQ(seen[2], (Seen{"", "", false}));
  EXPECT_EQ(raw, stream);
}

TEST(EventReader, GivesTheSameEventsHoweverTheBytesAreCut) {
  const std::vector<std::string> streams = {
      "data: {\"a\":1}\n\ndata: [DONE]\n\n",
      "event: x\r\ndata: 1\r\n\r\n: keep-alive\r\n\r\ndata: 2\r\n\r\n",
      "data: 1\rdata: 2\r\rdata: 3\r\r",
      "\xEF\xBB\xBF"
      "data: \xF0\x9F\x98\x80\n\n: c\ndata: b\ndata: c\n\nevent: e\ndata: left",
      "\n\ndata:x\n\n\n\ndata\n\n",
  };
  for (const std::string& stream : streams) {
    std::string whole_raw;
    const std::vector<Seen> whole = ReadAll({stream}, &whole_raw);
    EXPECT_EQ(whole_raw, stream);
    for (size_t first = 0; first <= stream.size(); ++first) {
      for (size_t second = first; second <= stream.size(); ++second) {
        std::string raw;
        const std::vector<Seen> cut = ReadAll(
            {stream.substr(0, first), stream.substr(first, second - first), stream.substr(second)},
            &raw);
        ASSERT_EQ(Dispatched(cut), Dispatched(whole))
            << stream << " cut at " << first << " and " << second;
        ASSERT_EQ(raw, stream);
      }
    }
    std::vector<std::string> bytes;
    for (const char c : stream) bytes.emplace_back(1, c);
    std::string raw;
    ASSERT_EQ(Dispatched(ReadAll(bytes, &raw)), Dispatched(whole));
    ASSERT_EQ(raw, stream);
  }
}

TEST(EventReader, RefusesAnEventThatOutgrowsTheLimit) {
  EventReader reader;
  const std::string block(1024 * 1024, 'x');
  reader.Feed("data: ");
  EXPECT_FALSE(reader.Next().has_value());
  for (int i = 0; i < 17; ++i) {
    reader.Feed(block);
    EXPECT_FALSE(reader.Next().has_value());
  }
  EXPECT_TRUE(reader.too_large());
  EXPECT_FALSE(reader.Finish().has_value());
}

}  // namespace
}  // namespace junctor::engine
