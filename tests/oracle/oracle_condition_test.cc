// What R29 and R30 say in words, as cases: the judge has to know them before it judges.
#include <gtest/gtest.h>

#include "tests/oracle/condition.h"
#include "tests/oracle/json.h"
#include "tests/oracle/request_document.h"

namespace junctor::oracle {
namespace {

struct Case {
  const char* sentence;
  const char* condition;
  const char* body;
  bool matches;
};

const Case kCases[] = {
    {"equal numbers are equal in any spelling", R"({"body.a":5})", R"({"a":5e0})", true},
    {"numbers compare exactly", R"({"body.a":9007199254740993})", R"({"a":9007199254740992.0})",
     false},
    {"a missing field equals null", R"({"body.a":null})", "{}", true},
    {"$gte null is $eq null", R"({"body.a":{"$gte":null}})", "{}", true},
    {"$gt null matches nothing", R"({"body.a":{"$gt":null}})", R"({"a":1})", false},
    {"an array matches by an element", R"({"body.a":2})", R"({"a":[1,2]})", true},
    {"one level of array is entered", R"({"body.a":2})", R"({"a":[[1,2]]})", false},
    {"an index does not enter the element", R"({"body.a.0":2})", R"({"a":[[1,2]]})", false},
    {"an embedded document lacks the field", R"({"body.a.b":null})", R"({"a":[{"b":1},{}]})", true},
    {"scalars of an array lack nothing", R"({"body.a.b":null})", R"({"a":[1,2]})", false},
    {"$ne needs every element to differ", R"({"body.a":{"$ne":1}})", R"({"a":[1,2]})", false},
    {"$all takes a scalar", R"({"body.a":{"$all":[1]}})", R"({"a":1})", true},
    {"$all of null matches missing", R"({"body.a":{"$all":[null]}})", "{}", true},
    {"$all of nothing matches nothing", R"({"body.a":{"$all":[]}})", R"({"a":[]})", false},
    {"an array equals the whole array", R"({"body.a":[1,2]})", R"({"a":[1,2]})", true},
    {"an array equals an element", R"({"body.a":[1,2]})", R"({"a":[[1,2],3]})", true},
    {"$in takes arrays too", R"({"body.a":{"$in":[[1]]}})", R"({"a":[[1]]})", true},
    {"$type looks at elements", R"({"body.a":{"$type":"string"}})", R"({"a":[1,"x"]})", true},
    {"$type array is the field itself", R"({"body.a":{"$type":"array"}})", R"({"a":[]})", true},
    {"$type takes codes and lists", R"({"body.a":{"$type":[2,"bool"]}})", R"({"a":true})", true},
    {"$size along a path asks each", R"({"body.a.b":{"$size":1}})", R"({"a":[{"b":[]},{"b":[7]}]})",
     true},
    {"$mod truncates all three", R"({"body.a":{"$mod":[4.9,-1.2]}})", R"({"a":-5.9})", true},
    {"documents are equal in order", R"({"body.a":{"x":1,"y":2}})", R"({"a":{"y":2,"x":1}})",
     false},
    {"there is no length", R"({"body.a.length":1})", R"({"a":[1]})", false},
    {"a dot is a code point", R"({"body.a":{"$regex":"^.$"}})", R"({"a":"東"})", true},
    {"$elemMatch with a document passes over scalars", R"({"body.a":{"$elemMatch":{"b":null}}})",
     R"({"a":[1]})", false},
    {"$elemMatch with a document looks at arrays", R"({"body.a":{"$elemMatch":{"0":1}}})",
     R"({"a":[[1]]})", true},
    {"$elemMatch binds to one element", R"({"body.a":{"$elemMatch":{"$gt":1,"$lt":3}}})",
     R"({"a":[0,4]})", false},
    {"of duplicates the last counts", R"({"body.a.k":2})", R"({"a":{"k":1,"k":2}})", true},
    {"$contains takes any of several", R"({"body.a":{"$contains":["x","b"]}})", R"({"a":"abc"})",
     true},
    {"$startsWith without case", R"({"body.a":{"$startsWith":"AB","$caseInsensitive":true}})",
     R"({"a":"abc"})", true},
    {"$regex with x ignores layout", R"({"body.a":{"$regex":"a b # c","$options":"x"}})",
     R"({"a":"ab"})", true},
    {"a body that is not an object is missing", R"({"body.a":{"$exists":false}})", "[1]", true},
};

TEST(Oracle, KnowsTheRulesOfConditions) {
  for (const Case& c : kCases) {
    rapidjson::Document condition;
    ASSERT_TRUE(ParseJson(c.condition, false, &condition)) << c.sentence;
    RequestText request;
    request.body = c.body;
    EXPECT_EQ(Matches(condition, RequestDocument(request).json()), c.matches) << c.sentence;
  }
}

}  // namespace
}  // namespace junctor::oracle
