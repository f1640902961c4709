// Conditions: what they compile to, and what is refused (R18, R29, R30, R32).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "compiler/syntax/json_parser.h"
#include "tests/unit/compiler/sema/analyze_testing.h"

namespace junctor::compiler {
namespace {

struct Case {
  const char* condition;
  const char* result;  // the compiled condition, or the codes of the errors
};

void Check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(ConditionOf(c.condition), c.result) << c.condition;
}

TEST(Conditions, R29ComparisonsAndLogic) {
  Check({
      {R"({})", "true"},
      {R"({"body.n": 5})", "body.n eq 5"},
      {R"({"body.n": 5.0})", "body.n eq 5"},
      {R"({"body.n": 5e0})", "body.n eq 5"},
      {R"({"body.n": 1e-999})", "body.n eq 0"},
      {R"({"body.n": 9223372036854775807})", "body.n eq 9223372036854775807"},
      {R"({"body.n": null})", "body.n eq null"},
      {R"({"body.n": {}})", "body.n eq {}"},
      {R"({"body.n": {"b": 1, "a": [2, "x"]}})", R"(body.n eq {"b":1,"a":[2,"x"]})"},
      {R"({"body.n": {"$eq": 1}})", "body.n eq 1"},
      {R"({"body.n": {"$ne": 1}})", "not body.n eq 1"},
      {R"({"body.n": {"$gt": 1, "$lte": 3}})", "body.n gt 1 and body.n le 3"},
      {R"({"body.n": {"$gte": null}})", "body.n ge null"},
      {R"({"body.a": 1, "body.b": 2})", "body.a eq 1 and body.b eq 2"},
      {R"({"$or": [{"body.a": 1}, {"body.b": 2}]})", "body.a eq 1 or body.b eq 2"},
      {R"({"$nor": [{"body.a": 1}, {"body.b": 2}]})", "not (body.a eq 1 or body.b eq 2)"},
      {R"({"$and": [{"body.a": 1}]})", "body.a eq 1"},
      {R"({"body.a": {"$not": {"$gt": 1, "$lt": 5}}})", "not (body.a gt 1 and body.a lt 5)"},
      {R"({"body.a": {"$in": [1, "x", null]}})", R"(body.a in [1,"x",null])"},
      {R"({"body.a": {"$nin": [1]}})", "not body.a in [1]"},
      {R"({"body.a": {"$in": []}})", "false"},
      {R"({"body.a": {"$nin": []}})", "not false"},
      {R"({"body.a": {"$all": [1, [2]]}})", "body.a eq 1 and body.a eq [2]"},
      {R"({"body.a": {"$all": []}})", "false"},
      {R"({"body.a": {"$all": [{"$elemMatch": {"$gt": 1}}, {"$elemMatch": {"b": 2}}]}})",
       "body.a elem_match {(element) gt 1} and body.a elem_match document {b eq 2}"},
  });
}

TEST(Conditions, R29TestsOfOneValue) {
  Check({
      {R"({"body.a": {"$exists": true}})", "body.a exists"},
      {R"({"body.a": {"$exists": 1}})", "body.a exists"},
      {R"({"body.a": {"$exists": 0.5}})", "body.a exists"},
      {R"({"body.a": {"$exists": 0}})", "not body.a exists"},
      {R"({"body.a": {"$exists": 0.0}})", "not body.a exists"},
      {R"({"body.a": {"$exists": "yes"}})", "0402"},
      {R"({"body.a": {"$type": "string"}})", "body.a type string"},
      {R"({"body.a": {"$type": 2}})", "body.a type string"},
      {R"({"body.a": {"$type": "number"}})", "body.a type double|int|long"},
      {R"({"body.a": {"$type": ["array", 10, "bool"]}})", "body.a type array|bool|null"},
      {R"({"body.a": {"$type": "objectId"}})", "false"},
      {R"({"body.a": {"$type": -1}})", "false"},
      {R"({"body.a": {"$type": [127, "int"]}})", "body.a type int"},
      {R"({"body.a": {"$type": "list"}})", "0419"},
      {R"({"body.a": {"$type": 0}})", "0419"},
      {R"({"body.a": {"$type": 2.5}})", "0419"},
      {R"({"body.a": {"$type": []}})", "0402"},
      {R"({"body.a": {"$type": true}})", "0402"},
      {R"({"body.a": {"$mod": [4, 0]}})", "body.a mod [4,0]"},
      {R"({"body.a": {"$mod": [-4.9, 1.9]}})", "body.a mod [-4,1]"},
      {R"({"body.a": {"$mod": [4]}})", "0402"},
      {R"({"body.a": {"$mod": [4, 0, 0]}})", "0402"},
      {R"({"body.a": {"$mod": ["4", 0]}})", "0402"},
      {R"({"body.a": {"$mod": [0, 0]}})", "0420"},
      {R"({"body.a": {"$mod": [0.9, 0]}})", "0420"},
      {R"({"body.a": {"$mod": [1e30, 0]}})", "0411"},
      {R"({"body.a": {"$size": 2}})", "body.a size 2"},
      {R"({"body.a": {"$size": 2.0}})", "body.a size 2"},
      {R"({"body.a": {"$size": -1}})", "0402"},
      {R"({"body.a": {"$size": 1.5}})", "0402"},
      {R"({"body.a": {"$size": "2"}})", "0402"},
  });
}

TEST(Conditions, R29ElementsOfArrays) {
  Check({
      {R"({"body.a": {"$elemMatch": {"$gt": 1, "$lt": 5}}})",
       "body.a elem_match {(element) gt 1 and (element) lt 5}"},
      {R"({"body.a": {"$elemMatch": {"b.c": 1, "any root": 2}}})",
       "body.a elem_match document {b.c eq 1 and any root eq 2}"},
      {R"({"body.a": {"$elemMatch": {"$or": [{"b": 1}, {"c": 2}]}}})",
       "body.a elem_match document {b eq 1 or c eq 2}"},
      {R"({"body.a": {"$elemMatch": {}}})", "body.a elem_match document {true}"},
      {R"({"body.a": {"$elemMatch": {"$elemMatch": {"$eq": 1}}}})",
       "body.a elem_match {(element) elem_match {(element) eq 1}}"},
      {R"({"body.a": {"$elemMatch": {"$not": {"$eq": 1}}}})",
       "body.a elem_match {not (element) eq 1}"},
      {R"({"body.a": {"$elemMatch": {"$gt": 1, "b": 5}}})", "0404"},
      {R"({"body.a": {"$elemMatch": {"b..c": 5}}})", "0309"},
      {R"({"body.a": {"$elemMatch": 5}})", "0402"},
  });
}

TEST(Conditions, R30Texts) {
  Check({
      {R"({"body.a": {"$startsWith": "x"}})", R"(body.a starts_with ["x"])"},
      {R"({"body.a": {"$endsWith": ["x", "y"]}})", R"(body.a ends_with ["x","y"])"},
      {R"({"body.a": {"$contains": "X", "$caseInsensitive": true}})",
       R"(body.a contains ["X"] (any case))"},
      {R"({"body.a": {"$caseInsensitive": false, "$contains": "X"}})", R"(body.a contains ["X"])"},
      {R"({"body.a": {"$contains": []}})", "false"},
      {R"({"body.a": {"$contains": 5}})", "0402"},
      {R"({"body.a": {"$contains": ["a", 5]}})", "0402"},
      {R"({"body.a": {"$contains": "a", "$caseInsensitive": 1}})", "0402"},
      {R"({"body.a": {"$eq": "a", "$caseInsensitive": true}})", "0415"},
  });
}

TEST(Conditions, R32RefusesUnknownAndWrong) {
  Check({
      {R"({"body.a": {"$foo": 1}})", "0403"},
      {R"({"$foo": 1})", "0403"},
      {R"({"$gt": 1})", "0403"},
      {R"({"body.a": {"$and": []}})", "0403"},
      {R"({"body.a": {"$gt": 1, "b": 2}})", "0404"},
      {R"({"body.a": {"b": 2, "$gt": 1}})", "0404"},
      {R"({"$and": {}})", "0402"},
      {R"({"$or": []})", "0402"},
      {R"({"$or": [5]})", "0402"},
      {R"({"body.a": {"$in": 5}})", "0402"},
      {R"({"body.a": {"$in": [{"$gt": 5}]}})", "0402"},
      {R"({"body.a": {"$not": 5}})", "0402"},
      {R"({"body.a": {"$not": {}}})", "0402"},
      {R"({"body.a": {"$not": {"b": 1}}})", "0402"},
      {R"({"body.a": {"$all": 5}})", "0402"},
      {R"({"body.a": {"$all": [{"$elemMatch": {"b": 1}}, 5]}})", "0402"},
      {R"({"body.a": {"$options": "i"}})", "0415"},
      {R"({"body.a": {"$gt": 1e999}})", "0414"},
      {R"([])", "0203"},
      {R"("x")", "0203"},
      // All of them in one run.
      {R"({"plan": {"$foo": 1, "$in": 5}, "body.b": {"$size": -1}})", "0307 0403 0402 0402"},
  });
}

TEST(Conditions, R32WarnsOfWhatNeverMatches) {
  const struct {
    const char* condition;
    const char* codes;
  } cases[] = {
      {R"({"body.n": {"$gt": 5, "$lt": 3}})", "0702"},
      {R"({"body.n": {"$gt": 5, "$lt": 5}})", "0702"},
      {R"({"body.n": {"$gte": 5, "$lte": 5}})", "ok"},
      {R"({"body.n": {"$gt": 5, "$lt": "a"}})", "0702"},
      {R"({"body.n": {"$eq": 5, "$gt": 7}})", "0702"},
      {R"({"body.n": {"$in": [1, 2], "$gt": 7}})", "0702"},
      {R"({"body.n": {"$in": [1, 8], "$gt": 7}})", "ok"},
      {R"({"body.n": {"$exists": false, "$gt": 7}})", "0702"},
      {R"({"body.n": {"$exists": false, "$eq": null}})", "ok"},
      {R"({"body.n": {"$gt": null}})", "0702"},
      // An array can hold both.
      {R"({"$and": [{"body.tags": "a"}, {"body.tags": "b"}]})", "ok"},
      {R"({"$and": [{"metadata.plan": "a"}, {"metadata.plan": "b"}]})", "0702"},
      {R"({"metadata.n": {"$gt": 5}, "$and": [{"metadata.n": {"$lt": 3}}]})", "0702"},
      {R"({"$or": [{"metadata.plan": "a"}, {"metadata.plan": "b"}]})", "ok"},
      {R"({"headers.x": 5})", "0703"},
      {R"({"headers.x": {"$in": ["5", 5]}})", "0703"},
      {R"({"headers.x": null})", "ok"},
      {R"({"metadata.x": {"$size": 1}})", "0703"},
      {R"({"metadata.x": [1]})", "0703"},
      {R"({"request.stream": "true"})", "0703"},
      {R"({"request.body_bytes": {"$regex": "1"}})", "0703"},
      {R"({"request.body_bytes": {"$lt": 0}})", "0702"},
      {R"({"request.weekday_utc": 7})", "ok"},
      {R"({"request.weekday_utc": 8})", "0702"},
      {R"({"body.x": {"$type": "date"}})", "0708"},
      {R"({"body.x": {"$eq": {"$gt": 5}}})", "0713"},
      {R"({"$and": [{}]})", "0701"},
  };
  for (const auto& c : cases) {
    const Analysis analysis = AnalyzeText(RouteWithCondition(c.condition));
    EXPECT_EQ(analysis.codes(), c.codes) << c.condition;
    EXPECT_NE(analysis.graph, nullptr) << c.condition;
  }
}

TEST(Conditions, R18FieldsHaveRoots) {
  const struct {
    const char* field;
    const char* result;  // the canonical field, or the code and what is suggested
  } cases[] = {
      {"metadata.plan", "metadata.plan exists"},
      {"metadata.a.b", "metadata.a.b exists"},
      {"headers.X-Tier", "headers.x-tier exists"},
      {"body.messages.0.role", "body.messages.0.role exists"},
      {"request.hour_utc", "request.hour_utc exists"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ConditionOf(std::string("{\"") + c.field + "\": {\"$exists\": true}}"), c.result);
  }
  const struct {
    const char* field;
    const char* codes;
    const char* help;
  } errors[] = {
      {"user_plan", "0307", "did you mean `metadata.user_plan`?"},
      {"metdata.x", "0307", "did you mean `metadata.x`?"},
      {"Metadata.x", "0307", "did you mean `metadata.x`?"},
      {"header.x", "0307", "did you mean `headers.x`?"},
      {"messages.0.role", "0307", "did you mean `body.messages.0.role`?"},
      {"has_tools", "0307", "did you mean `request.has_tools`?"},
      {"request.estimated_tokens", "0308", nullptr},
      {"request.streams", "0308", "did you mean `request.stream`?"},
      {"request.headers.x", "0308", "did you mean `headers.x`?"},
      {"body", "0309", nullptr},
      {"body.", "0309", nullptr},
      {"body..a", "0309", nullptr},
      {"request", "0309", nullptr},
      {"headers.a b", "0309", nullptr},
      {"", "0307", nullptr},
  };
  for (const auto& c : errors) {
    const Analysis analysis =
        AnalyzeText(RouteWithCondition(std::string("{\"") + c.field + "\": 1}"));
    EXPECT_EQ(analysis.codes(), c.codes) << c.field;
    if (c.help != nullptr) {
      EXPECT_EQ(analysis.diagnostics.at(0).help, c.help);
    }
  }
}

TEST(Conditions, R4LimitsDepth) {
  auto nested = [](int levels) {
    std::string open;
    std::string close;
    for (int i = 0; i < levels; ++i) {
      open += "{\"$and\": [";
      close += "]}";
    }
    return open + "{\"body.a\": 1}" + close;
  };
  // Each level is an object and an array; the innermost condition is one more object.
  EXPECT_EQ(ConditionOf(nested(31)), "body.a eq 1");
  EXPECT_EQ(ConditionOf(nested(32)), "0603");
  EXPECT_EQ(ConditionOf(nested(400)), "0603");
}

// Every condition of the sample is one: what it matches is tested elsewhere.
TEST(Conditions, R29TheSampleCompiles) {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  std::ifstream sample(std::string(root == nullptr ? "." : root) +
                       "/tests/data/conditions-sample.jsonl");
  if (!sample.is_open()) GTEST_SKIP() << "tests/data/conditions-sample.jsonl is not there";
  std::string line;
  while (std::getline(sample, line)) {
    const Source source("sample", line);
    DiagnosticSink sink(source);
    const std::unique_ptr<JsonTree> tree = JsonParser(source, false, &sink).Parse();
    ASSERT_NE(tree, nullptr);
    const JsonValue& condition = *tree->root->Find("condition")->value;
    const Analysis analysis =
        AnalyzeText(RouteWithCondition(std::string(source.TextOf(condition.span))));
    EXPECT_NE(analysis.graph, nullptr) << line << analysis.codes();
  }
}

}  // namespace
}  // namespace junctor::compiler
