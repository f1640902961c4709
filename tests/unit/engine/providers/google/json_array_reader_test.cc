// Objects out of an array that comes in pieces.
#include "engine/providers/google/json_array_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/providers/chat/event_reader.h"

namespace junctor::engine {
namespace {

std::vector<std::string> Read(std::string_view text, size_t piece_bytes, JsonArrayReader* reader) {
  std::vector<std::string> objects;
  for (size_t at = 0; at < text.size(); at += piece_bytes) {
    // A copy of its own, so that a look after its life is seen.
    const std::string piece(text.substr(at, piece_bytes));
    reader->Feed(piece);
    while (const auto object = reader->Next()) objects.emplace_back(*object);
  }
  return objects;
}

TEST(JsonArrayReader, CutsObjectsOutHoweverTheBytesCome) {
  const std::string text = "[{\"a\":\"}]{\\\"\\\\\"}\r\n,\n{\"b\":[{},[{\"c\":{}}]]} ,{}]\n";
  const std::vector<std::string> expected = {"{\"a\":\"}]{\\\"\\\\\"}", "{\"b\":[{},[{\"c\":{}}]]}",
                                             "{}"};
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    JsonArrayReader reader;
    EXPECT_EQ(Read(text, piece, &reader), expected) << "pieces of " << piece;
    EXPECT_FALSE(reader.malformed());
  }
}

TEST(JsonArrayReader, TakesOneObjectByItself) {
  JsonArrayReader reader;
  EXPECT_EQ(Read("{\"a\":1}", 3, &reader), std::vector<std::string>{"{\"a\":1}"});
}

TEST(JsonArrayReader, AnObjectThatIsCutOffIsNone) {
  JsonArrayReader reader;
  EXPECT_TRUE(Read("[{\"a\":[1,2", 4, &reader).empty());
}

TEST(JsonArrayReader, SaysWhereSomethingElseStandsThere) {
  JsonArrayReader reader;
  EXPECT_EQ(Read("[{},5,{}]", 100, &reader).size(), 1u);
  EXPECT_TRUE(reader.malformed());
}

TEST(JsonArrayReader, HasABound) {
  JsonArrayReader reader;
  const std::string piece(1024 * 1024, ' ');
  reader.Feed("[{");
  EXPECT_FALSE(reader.Next().has_value());
  for (size_t i = 0; i <= kMaxEventBytes / piece.size() && !reader.too_large(); ++i) {
    reader.Feed(piece);
    EXPECT_FALSE(reader.Next().has_value());
  }
  EXPECT_TRUE(reader.too_large());
}

}  // namespace
}  // namespace junctor::engine
