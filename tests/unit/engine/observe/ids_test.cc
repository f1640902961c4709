// Ids of requests.
#include "engine/observe/ids.h"

#include <gtest/gtest.h>

#include <set>

namespace junctor::engine {
namespace {

TEST(IdsTest, AnIdHas26CharactersOfCrockfordsAlphabet) {
  RandomSource random(1);
  const std::string id = MakeId(1'795'242'768'000, &random);
  EXPECT_EQ(id.size(), kIdLength);
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos);
}

TEST(IdsTest, TheTimeIsEncodedAsTheUlidSpecificationHasIt) {
  RandomSource random(1);
  // The example of the ULID specification: 1469918176385 is 01ARYZ6S41.
  EXPECT_EQ(MakeId(1'469'918'176'385, &random).substr(0, 10), "01ARYZ6S41");
}

TEST(IdsTest, LaterIdsSortLater) {
  RandomSource random(7);
  EXPECT_LT(MakeId(1'000, &random), MakeId(1'001, &random));
  EXPECT_LT(MakeId(1'023, &random), MakeId(1'024, &random));
}

TEST(IdsTest, IdsOfOneMillisecondDiffer) {
  RandomSource random;
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(MakeId(5, &random));
  EXPECT_EQ(ids.size(), 10'000u);
}

TEST(IdsTest, OneSeedGivesOneSequence) {
  RandomSource a(42);
  RandomSource b(42);
  RandomSource c(43);
  const uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
}

}  // namespace
}  // namespace junctor::engine
