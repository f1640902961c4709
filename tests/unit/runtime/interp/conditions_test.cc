// R29 and R30, sentence by sentence: each table names the sentence that it covers.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/runtime/interp/condition_program.h"
#include "tests/unit/runtime/interp/test_request.h"

namespace junctor::testing {
namespace {

struct Case {
  const char* condition;
  const char* body;
  bool expected;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    TestRequest request;
    request.Body(c.body);
    EXPECT_EQ(Holds(c.condition, request.get()), c.expected) << c.condition << " over " << c.body;
  }
}

TEST(R29, ABareValueIsEqAndSeveralKeysAreAnImplicitAnd) {
  Check({{R"({"body.a":5})", R"({"a":5})", true},
         {R"({"body.a":5})", R"({"a":6})", false},
         {R"({"body.a":{"b":1}})", R"({"a":{"b":1}})", true},
         {R"({"body.a":5,"body.b":"x"})", R"({"a":5,"b":"x"})", true},
         {R"({"body.a":5,"body.b":"x"})", R"({"a":5,"b":"y"})", false},
         {R"({})", R"({})", true}});
}

TEST(R29, LogicalOperators) {
  Check({{R"({"$or":[{"body.a":1},{"body.b":1}]})", R"({"b":1})", true},
         {R"({"$or":[{"body.a":1},{"body.b":1}]})", R"({"b":2})", false},
         {R"({"$nor":[{"body.a":1},{"body.b":1}]})", R"({"b":2})", true},
         {R"({"$and":[{"body.a":{"$gt":1}},{"body.a":{"$lt":3}}]})", R"({"a":2})", true},
         {R"({"body.a":{"$not":{"$gt":1}}})", R"({"a":1})", true},
         {R"({"body.a":{"$not":{"$gt":1}}})", R"({})", true},
         {R"({"body.a":{"$not":{"$gt":1}}})", R"({"a":"x"})", true}});
}

TEST(R29, MissingFieldsMatchNullAndNegations) {
  Check({{R"({"body.a":null})", R"({})", true},
         {R"({"body.a":null})", R"({"a":null})", true},
         {R"({"body.a":null})", R"({"a":0})", false},
         {R"({"body.a":{"$ne":5}})", R"({})", true},
         {R"({"body.a":{"$ne":null}})", R"({})", false},
         {R"({"body.a":{"$nin":[1,2]}})", R"({})", true},
         {R"({"body.a":{"$in":[1,null]}})", R"({})", true},
         {R"({"body.a":{"$in":[1]}})", R"({})", false},
         {R"({"body.a":{"$exists":true}})", R"({"a":null})", true},
         {R"({"body.a":{"$exists":false}})", R"({})", true},
         {R"({"body.a.b":null})", R"({"a":5})", true},
         {R"({"body.a.b":{"$exists":true}})", R"({"a":5})", false},
         {R"({"body.a":{"$lt":5}})", R"({})", false}});
}

TEST(R29, AFieldThatIsAnArrayMatchesIfAnElementDoes) {
  Check({{R"({"body.a":2})", R"({"a":[1,2]})", true},
         {R"({"body.a":3})", R"({"a":[1,2]})", false},
         {R"({"body.a":{"$ne":2}})", R"({"a":[1,2]})", false},
         {R"({"body.a":{"$gt":1,"$lt":2}})", R"({"a":[1,2]})", true},
         {R"({"body.a":{"$gt":1,"$lt":2}})", R"({"a":[0,1]})", false},
         {R"({"body.a":{"$regex":"^x"}})", R"({"a":["ax","xa"]})", true},
         {R"({"body.a":null})", R"({"a":[1,null]})", true},
         {R"({"body.a":null})", R"({"a":[]})", false},
         {R"({"body.a":{"$exists":true}})", R"({"a":[]})", true}});
}

TEST(R29, ComparisonOnlyWithinAType) {
  Check({{R"({"body.a":{"$gt":5}})", R"({"a":"9"})", false},
         {R"({"body.a":{"$gt":"5"}})", R"({"a":9})", false},
         {R"({"body.a":{"$gte":false}})", R"({"a":0})", false},
         {R"({"body.a":{"$gt":false}})", R"({"a":true})", true},
         {R"({"body.a":1})", R"({"a":true})", false},
         {R"({"body.a":{"$lt":{"b":2}}})", R"({"a":{"b":1}})", true}});
}

TEST(R29, NumbersAreComparedByValue) {
  Check({{R"({"body.a":5})", R"({"a":5.0})", true},
         {R"({"body.a":5.0})", R"({"a":5e0})", true},
         {R"({"body.a":{"$in":[5.0]}})", R"({"a":5})", true},
         {R"({"body.a":{"$gt":2}})", R"({"a":2.5})", true},
         {R"({"body.a":9007199254740993})", R"({"a":9007199254740992})", false},
         {R"({"body.a":9223372036854775808})", R"({"a":9.223372036854775808e18})", true},
         {R"({"body.a":{"$gt":1}})", R"({"a":1e999})", true},
         {R"({"body.a":0})", R"({"a":-0.0})", true}});
}

TEST(R29, GteAndLteWithNullMeanEqNullMissingIncluded) {
  Check({{R"({"body.a":{"$gte":null}})", R"({})", true},
         {R"({"body.a":{"$lte":null}})", R"({"a":null})", true},
         {R"({"body.a":{"$gte":null}})", R"({"a":0})", false},
         {R"({"body.a":{"$gt":null}})", R"({})", false},
         {R"({"body.a":{"$lt":null}})", R"({"a":null})", false}});
}

TEST(R29, NullBehindAnArrayMatchesADocumentWithoutTheKeyAndNotScalars) {
  Check({{R"({"body.a.b":null})", R"({"a":[{"b":1},{"c":2}]})", true},
         {R"({"body.a.b":null})", R"({"a":[{"b":1},{"b":2}]})", false},
         {R"({"body.a.b":null})", R"({"a":[1,2]})", false},
         {R"({"body.a.b":null})", R"({"a":[]})", false},
         {R"({"body.a.b":null})", R"({"a":[1,{"b":null}]})", true},
         {R"({"body.a.b":{"$exists":false}})", R"({"a":[1,2]})", true},
         {R"({"body.a.b":{"$ne":null}})", R"({"a":[1,2]})", true}});
}

TEST(R29, AllIsAnAndOfEqualities) {
  Check({{R"({"body.a":{"$all":[1,2]}})", R"({"a":[2,1,3]})", true},
         {R"({"body.a":{"$all":[1,2]}})", R"({"a":[1]})", false},
         {R"({"body.a":{"$all":[1]}})", R"({"a":1})", true},
         {R"({"body.a":{"$all":[null]}})", R"({})", true},
         {R"({"body.a":{"$all":[]}})", R"({"a":[]})", false},
         {R"({"body.a":{"$all":[[1,2]]}})", R"({"a":[1,2]})", true}});
}

TEST(R29, AnArrayOperandEqualsTheWholeArrayOrAnElementThatIsThatArray) {
  Check({{R"({"body.a":[1,2]})", R"({"a":[1,2]})", true},
         {R"({"body.a":[1,2]})", R"({"a":[2,1]})", false},
         {R"({"body.a":[1,2]})", R"({"a":[[1,2],3]})", true},
         {R"({"body.a":{"$in":[[1,2]]}})", R"({"a":[1,2]})", true},
         {R"({"body.a":{"$in":[[1,2]]}})", R"({"a":[0,[1,2]]})", true},
         {R"({"body.a":[]})", R"({"a":[]})", true},
         {R"({"body.a":[1]})", R"({"a":1})", false}});
}

TEST(R29, TypeLooksAtElementsAndArrayAtTheFieldItself) {
  Check({{R"({"body.a":{"$type":"string"}})", R"({"a":[1,"x"]})", true},
         {R"({"body.a":{"$type":"array"}})", R"({"a":[1]})", true},
         {R"({"body.a":{"$type":"array"}})", R"({"a":[]})", true},
         {R"({"body.a":{"$type":"array"}})", R"({"a":{"b":[]}})", false},
         {R"({"body.a":{"$type":4}})", R"({"a":[]})", true},
         {R"({"body.a":{"$type":["bool","null"]}})", R"({"a":null})", true},
         {R"({"body.a":{"$type":2}})", R"({"a":"x"})", true},
         {R"({"body.a":{"$type":"int"}})", R"({"a":2147483648})", false},
         {R"({"body.a":{"$type":"long"}})", R"({"a":2147483648})", true},
         {R"({"body.a":{"$type":"double"}})", R"({"a":0.5})", true},
         {R"({"body.a":{"$type":"null"}})", R"({})", false},
         {R"({"body.a":{"$type":"object"}})", R"({"a":[{}]})", true}});
}

TEST(R29, SizeAlongAPathThroughAnArrayAsksEachElement) {
  Check({{R"({"body.a":{"$size":2}})", R"({"a":[1,2]})", true},
         {R"({"body.a":{"$size":2}})", R"({"a":[[1,2]]})", false},
         {R"({"body.a":{"$size":0}})", R"({})", false},
         {R"({"body.a.b":{"$size":2}})", R"({"a":[{"b":[1]},{"b":[1,2]}]})", true},
         {R"({"body.a.b":{"$size":3}})", R"({"a":[{"b":[1]},{"b":[1,2]}]})", false},
         {R"({"body.a.0":{"$size":2}})", R"({"a":[[1,2]]})", true}});
}

TEST(R29, ModTruncatesTowardsZeroAndMatchesNumbersOnly) {
  Check({{R"({"body.a":{"$mod":[4,0]}})", R"({"a":8})", true},
         {R"({"body.a":{"$mod":[4,0]}})", R"({"a":8.9})", true},
         {R"({"body.a":{"$mod":[4.9,0.9]}})", R"({"a":8})", true},
         {R"({"body.a":{"$mod":[4,-1]}})", R"({"a":-5.5})", true},
         {R"({"body.a":{"$mod":[-1,0]}})", R"({"a":-9223372036854775808})", true},
         {R"({"body.a":{"$mod":[4,0]}})", R"({"a":"8"})", false},
         {R"({"body.a":{"$mod":[4,0]}})", R"({"a":1e999})", false},
         {R"({"body.a":{"$mod":[4,0]}})", R"({"a":[3,4]})", true}});
}

TEST(R29, OneLevelOfArrayIsEnteredNeverTwo) {
  Check({{R"({"body.a":1})", R"({"a":[[1]]})", false},
         {R"({"body.a.b":1})", R"({"a":[{"b":1}]})", true},
         {R"({"body.a.b":1})", R"({"a":[[{"b":1}]]})", false},
         {R"({"body.a.b":1})", R"({"a":[{"b":[1]}]})", true},
         {R"({"body.a.b":1})", R"({"a":[{"b":[[1]]}]})", false},
         {R"({"body.a.0":1})", R"({"a":[[1]]})", false}});
}

TEST(R18, NumericSegmentsIndexArraysAndNameKeys) {
  Check({{R"({"body.a.1":2})", R"({"a":[1,2]})", true},
         {R"({"body.a.2":2})", R"({"a":[1,2]})", false},
         {R"({"body.a.2":null})", R"({"a":[1,2]})", false},
         {R"({"body.a.2":{"$exists":false}})", R"({"a":[1,2]})", true},
         {R"({"body.a.0":"x"})", R"({"a":{"0":"x"}})", true},
         {R"({"body.a.0":"x"})", R"({"a":[1,{"0":"x"}]})", true},
         {R"({"body.a.0.b":1})", R"({"a":[{"b":1},{"b":2}]})", true},
         {R"({"body.a.0.b":2})", R"({"a":[{"b":1},{"b":2}]})", false},
         {R"({"body.a.0.1":6})", R"({"a":[[5,6]]})", true},
         {R"({"body.a.00":1})", R"({"a":[1]})", false},
         {R"({"body.a.0":{"b":1}})", R"({"a":[{"b":1}]})", true}});
}

TEST(R29, EmbeddedDocumentsAreEqualOnlyWithTheSameOrderOfKeys) {
  Check({{R"({"body.a":{"x":1,"y":2}})", R"({"a":{"x":1,"y":2}})", true},
         {R"({"body.a":{"x":1,"y":2}})", R"({"a":{"y":2,"x":1}})", false},
         {R"({"body.a":{"x":1}})", R"({"a":{"x":1,"y":2}})", false},
         {R"({"body.a":{"x":1}})", R"({"a":[0,{"x":1.0}]})", true}});
}

TEST(R29, StringsAreOrderedByTheirBytes) {
  Check({{R"({"body.a":{"$gt":"Z"}})", R"({"a":"a"})", true},
         {R"({"body.a":{"$gt":"z"}})", "{\"a\":\"\u00e9\"}", true},
         {R"({"body.a":{"$lt":"ab"}})", R"({"a":"a"})", true},
         {"{\"body.a\":{\"$gt\":\"\uffee\"}}", R"({"a":"\ud83d\ude00"})", true}});
}

TEST(R29, ThereAreNoPseudoFields) {
  Check({{R"({"body.a.length":2})", R"({"a":[1,2]})", false},
         {R"({"body.a.length":1})", R"({"a":"x"})", false}});
}

TEST(R29, ADotInAPatternIsACodePoint) {
  Check({{R"({"body.a":{"$regex":"^.$"}})", R"({"a":"\ud83d\ude00"})", true},
         {R"({"body.a":{"$regex":"^a.b$","$options":"s"}})", R"({"a":"a\nb"})", true},
         {R"({"body.a":{"$regex":"^AB$","$options":"i"}})", R"({"a":"ab"})", true},
         {R"({"body.a":{"$regex":"x"}})", R"({"a":7})", false}});
}

TEST(R29, ElemMatchWithADocumentLooksAtDocumentsAndArrays) {
  Check({{R"({"body.a":{"$elemMatch":{"b":1,"c":2}}})", R"({"a":[{"b":1,"c":2}]})", true},
         {R"({"body.a":{"$elemMatch":{"b":1,"c":2}}})", R"({"a":[{"b":1},{"c":2}]})", false},
         {R"({"body.a":{"$elemMatch":{"b":1}}})", R"({"a":{"b":1}})", false},
         {R"({"body.a":{"$elemMatch":{"0":5}}})", R"({"a":[[5]]})", true},
         {R"({"body.a":{"$elemMatch":{"b":null}}})", R"({"a":[1,2]})", false},
         {R"({"body.a":{"$elemMatch":{"b":null}}})", R"({"a":[[1]]})", true},
         {R"({"body.a":{"$elemMatch":{"$or":[{"b":1},{"b":3}]}}})", R"({"a":[{"b":3}]})", true},
         {R"({"body.a":{"$elemMatch":{"$gt":1,"$lt":3}}})", R"({"a":[0,2]})", true},
         {R"({"body.a":{"$elemMatch":{"$gt":1,"$lt":2}}})", R"({"a":[0,3]})", false},
         {R"({"body.a":{"$elemMatch":{"$gt":1}}})", R"({"a":[[5]]})", false},
         {R"({"body.a":{"$elemMatch":{"$elemMatch":{"$gt":1}}}})", R"({"a":[[5]]})", true},
         {R"({"body.a":{"$elemMatch":{"$ne":1}}})", R"({"a":[1,1]})", false},
         {R"({"body.a":{"$elemMatch":{"$not":{"$gt":1}}}})", R"({"a":[5,"x"]})", true},
         {R"({"body.a.b":{"$elemMatch":{"c":1}}})", R"({"a":[{"b":[{"c":1}]}]})", true},
         {R"({"body.a":{"$elemMatch":{"b.c":1}}})", R"({"a":[{"b":[{"c":1}]}]})", true},
         {R"({"body.a":{"$elemMatch":{"b":{"$elemMatch":{"c":1}}}}})",
          R"({"a":[{"b":[{"c":2}]},{"b":[{"c":1}]}]})", true}});
}

TEST(R30, TextTestsTakeAStringOrAnArrayOfStrings) {
  Check(
      {{R"({"body.a":{"$startsWith":"ab"}})", R"({"a":"abc"})", true},
       {R"({"body.a":{"$startsWith":["x","ab"]}})", R"({"a":"abc"})", true},
       {R"({"body.a":{"$endsWith":"bc"}})", R"({"a":"abc"})", true},
       {R"({"body.a":{"$endsWith":"abcd"}})", R"({"a":"abc"})", false},
       {R"({"body.a":{"$contains":"b"}})", R"({"a":"abc"})", true},
       {R"({"body.a":{"$contains":["x","y"]}})", R"({"a":"abc"})", false},
       {R"({"body.a":{"$contains":"B"}})", R"({"a":"abc"})", false},
       {R"({"body.a":{"$contains":"B","$caseInsensitive":true}})", R"({"a":"abc"})", true},
       {R"({"body.a":{"$startsWith":"ÜBER","$caseInsensitive":true}})", R"({"a":"über uns"})",
        true},
       {R"({"body.a":{"$endsWith":"ПРИВЕТ","$caseInsensitive":true}})", R"({"a":"Привет"})", true},
       {R"({"body.a":{"$contains":"b"}})", R"({"a":["x","abc"]})", true},
       {R"({"body.a":{"$contains":"1"}})", R"({"a":1})", false},
       {R"({"body.a":{"$contains":""}})", R"({"a":"x"})", true}});
}

TEST(R32, ATypeThatDoesNotFitIsNoMatch) {
  Check({{R"({"body.a":{"$size":1}})", R"({"a":"x"})", false},
         {R"({"body.a":{"$elemMatch":{"b":1}}})", R"({"a":5})", false},
         {R"({"body.a":{"$gt":[1]}})", R"({"a":5})", false}});
}

TEST(R33, ABodyThatIsNotJsonHasNoFields) {
  TestRequest request;
  EXPECT_TRUE(Holds(R"({"body.a":null})", request.get()));
  EXPECT_FALSE(Holds(R"({"body.a":{"$exists":true}})", request.get()));
  EXPECT_TRUE(Holds(R"({"body.a":{"$ne":5}})", request.get()));
}

TEST(R36, OfDuplicateKeysTheLastOneCounts) {
  Check({{R"({"body.a.b":2})", R"({"a":{"b":1,"b":2}})", true},
         {R"({"body.a.b":1})", R"({"a":{"b":1,"b":2}})", false},
         {R"({"body.a.b":2})", R"({"a":[{"b":1,"b":2}]})", true},
         {R"({"body.a.b":1})", R"({"a":[{"b":1,"b":2}]})", false},
         {R"({"body.a":{"b":2}})", R"({"a":{"b":1,"b":2}})", true}});
}

TEST(R18, HeadersAreCaseInsensitiveAndJoined) {
  TestRequest request;
  request.Header("X-Region", "eu").Header("x-region", "us").Header("X-One", "1");
  EXPECT_TRUE(Holds(R"({"headers.x-region":"eu, us"})", request.get()));
  EXPECT_TRUE(Holds(R"({"headers.X-ONE":"1"})", request.get()));
  EXPECT_FALSE(Holds(R"({"headers.x-one":1})", request.get()));
  EXPECT_TRUE(Holds(R"({"headers.x-none":{"$exists":false}})", request.get()));
}

TEST(R37, MetadataKeepsItsTypes) {
  TestRequest request;
  request.MetadataText(R"({"plan":"paid","score":5.0,"vip":true})");
  EXPECT_TRUE(
      Holds(R"({"metadata.plan":"paid","metadata.score":5,"metadata.vip":true})", request.get()));
  EXPECT_FALSE(Holds(R"({"metadata.score":"5"})", request.get()));
}

}  // namespace
}  // namespace junctor::testing
