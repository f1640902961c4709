#include "runtime/program/byte_reader.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/program/byte_writer.h"

namespace junctor {
namespace {

using testing::HasSubstr;

TEST(ByteReader, ReadsWhatTheWriterWrites) {
  ByteWriter writer;
  writer.U8(0xfe);
  writer.U16(0xfedc);
  writer.U32(0xfedcba98);
  writer.U64(0xfedcba9876543210);
  writer.F64(-0.1);
  writer.Bool(true);
  writer.String("text");
  EXPECT_EQ(writer.bytes().substr(1, 2), "\xdc\xfe");
  const std::string bytes = std::move(writer).Take();
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 0xfe);
  EXPECT_EQ(reader.U16(), 0xfedc);
  EXPECT_EQ(reader.U32(), 0xfedcba98);
  EXPECT_EQ(reader.U64(), 0xfedcba9876543210);
  EXPECT_EQ(reader.F64(), -0.1);
  EXPECT_TRUE(reader.Bool());
  EXPECT_EQ(reader.String(), "text");
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_TRUE(reader.status().ok());
}

TEST(ByteReader, StaysAtItsFirstFailure) {
  ByteReader reader("\x01\x02\x03", 100);
  EXPECT_EQ(reader.U16(), 0x0201);
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_EQ(reader.U8(), 0u);
  EXPECT_EQ(reader.String(), "");
  EXPECT_EQ(std::string(reader.status().message()),
            "cut short: 4 bytes are expected and 1 are left (byte 102)");
}

TEST(ByteReader, RefusesCountsThatTheBytesCannotHold) {
  using std::string_literals::operator""s;
  const std::string bytes = "\x03\0\0\0abcdef"s;
  ByteReader fits(bytes);
  EXPECT_EQ(fits.Count(2, "pairs"), 3u);
  ByteReader too_many(bytes);
  EXPECT_EQ(too_many.Count(3, "triples"), 0u);
  EXPECT_THAT(std::string(too_many.status().message()), HasSubstr("3 triples"));
  ByteReader huge("\xff\xff\xff\xff");
  EXPECT_EQ(huge.String(), "");
  EXPECT_FALSE(huge.ok());
}

TEST(ByteReader, RefusesUnknownEnumerators) {
  ByteReader reader("\x02\x03");
  EXPECT_EQ(reader.Enumerator(3, "colour"), 2);
  EXPECT_EQ(reader.Enumerator(3, "colour"), 0);
  EXPECT_THAT(std::string(reader.status().message()), HasSubstr("unknown colour 3"));
  ByteReader boolean("\x02");
  EXPECT_FALSE(boolean.Bool());
  EXPECT_FALSE(boolean.ok());
}

}  // namespace
}  // namespace junctor
