// The verifier's rules on sizes, names, constants and tables: V1, V6 to V10, V13.
#include <limits>

#include "runtime/program/program.h"
#include "runtime/program/program_limits.h"
#include "tests/unit/runtime/program/verifier_testing.h"

namespace junctor {
namespace {

TEST(Verifier, V1_SizesAreLimited) {
  ExpectRefused("V1", "too many elements: 100001 (limit is 100000)",
                [](ProgramParts& p) { p.elements.resize(kMaxElements + 1); });
  ExpectRefused("V1", "too many instructions",
                [](ProgramParts& p) { p.code.resize(kMaxCode + 1); });
  ExpectRefused("V1", "too many constants",
                [](ProgramParts& p) { p.constants.resize(kMaxConstantValues + 1); });
  ExpectRefused("V1", "too many patterns",
                [](ProgramParts& p) { p.patterns.resize(kMaxPatterns + 1); });
  ExpectRefused("V1", "too many matcher nodes", [](ProgramParts& p) {
    p.matchers[0].nodes.resize(kMaxMatcherNodes / 2);
    p.matchers[1].nodes.resize(kMaxMatcherNodes / 2 + 1);
  });
  ExpectRefused("V1", "too many switch cases",
                [](ProgramParts& p) { p.switches[0].cases.resize(kMaxSwitchCases + 1); });
  ExpectRefused("V1", "too many models",
                [](ProgramParts& p) { p.models.resize(kMaxElements + 1); });
  ExpectRefused("V1", "too many limits",
                [](ProgramParts& p) { p.limits.resize(kMaxElements + 1); });
  ExpectRefused("V1", "too many splits",
                [](ProgramParts& p) { p.splits.resize(kMaxElements + 1); });
}

TEST(Verifier, V1_TextsAreLimited) {
  const std::string long_text(kMaxStringBytes + 1, 'a');
  ExpectRefused("V1", "a field is too long", [&](ProgramParts& p) { p.fields[0] = long_text; });
  ExpectRefused("V1", "a pattern is too long: 65537 bytes (limit is 65536)",
                [&](ProgramParts& p) { p.patterns[0].pattern = long_text; });
  ExpectRefused("V1", "a matcher's path is too long",
                [&](ProgramParts& p) { p.matchers[0].nodes[1].path = long_text; });
  ExpectRefused("V1", "an output's label is too long",
                [&](ProgramParts& p) { p.splits[0].outputs[0].label = long_text; });
  ExpectRefused("V1", "the models' params are too long",
                [&](ProgramParts& p) { p.models[0].params.assign(kMaxParamsBytes + 1, ' '); });
}

TEST(Verifier, V6_FieldsParse) {
  ExpectRefused("V6", "slot 0: field `plan`: unknown root",
                [](ProgramParts& p) { p.fields[0] = "plan"; });
  ExpectRefused("V6", "slot 1: field `body.a..b`",
                [](ProgramParts& p) { p.fields[1] = "body.a..b"; });
  ExpectRefused("V6", "slot 2: not valid UTF-8",
                [](ProgramParts& p) { p.fields[2] = "headers.\xff"; });
}

TEST(Verifier, V6_NoMoreFieldsThanSlotsHaveNumbers) {
  ExpectRefused("V6", "too many fields: 65536 (limit is 65535)",
                [](ProgramParts& p) { p.fields.assign(size_t{kNoSlot} + 1, "metadata.plan"); });
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) { p.fields.resize(kNoSlot, "metadata.plan"); }), "");
}

TEST(Verifier, V7_ConstantsAreWellFormed) {
  ExpectRefused("V7", "constant 3: a missing value",
                [](ProgramParts& p) { p.constants[3] = Value(); });
  ExpectRefused("V7", "constant 6: a missing value", [](ProgramParts& p) {
    p.constants[kConstantRegions] = ValueMaker(&p).Array({Value()});
  });
  ExpectRefused("V7", "constant 0: a string that is not valid UTF-8", [](ProgramParts& p) {
    p.constants[kConstantFree] = ValueMaker(&p).String("\xc0\x80");
  });
  ExpectRefused("V7", "constant 9: a string that is not valid UTF-8", [](ProgramParts& p) {
    p.constants[kConstantDocument] = ValueMaker(&p).Object({{"\xff", Value::Int(1)}});
  });
  ExpectRefused("V7", "constant 9: key `a` comes twice", [](ProgramParts& p) {
    p.constants[kConstantDocument] =
        ValueMaker(&p).Object({{"a", Value::Int(1)}, {"a", Value::Int(2)}});
  });
  ExpectRefused("V7", "constant 3: not a finite number", [](ProgramParts& p) {
    p.constants[kConstantHalf] = Value::Number(std::numeric_limits<double>::infinity());
  });
  ExpectRefused("V7", "constant 3: not a finite number", [](ProgramParts& p) {
    p.constants[kConstantHalf] = Value::Number(std::numeric_limits<double>::quiet_NaN());
  });
  ExpectRefused("V7", "a string of 65537 bytes", [](ProgramParts& p) {
    p.constants[kConstantFree] = ValueMaker(&p).String(std::string(kMaxStringBytes + 1, 'a'));
  });
}

TEST(Verifier, V7_ConstantsNestToALimit) {
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) {
              p.constants[kConstantDocument] = ValueMaker(&p).Nested(kMaxNesting);
            }),
            "");
  ExpectRefused("V7", "constant 9: nested more than 128 deep", [](ProgramParts& p) {
    p.constants[kConstantDocument] = ValueMaker(&p).Nested(1'000'000);
  });
}

TEST(Verifier, V7_SwitchCasesAreUniqueScalars) {
  ExpectRefused("V7", "switch 0: case 0 is no scalar, or null",
                [](ProgramParts& p) { p.switches[0].cases[0].constant = kConstantTexts; });
  ExpectRefused("V7", "switch 0: case 2 is no scalar, or null",
                [](ProgramParts& p) { p.switches[0].cases[2].constant = kConstantNull; });
  ExpectRefused("V7", "switch 0: case 1 equals an earlier one",
                [](ProgramParts& p) { p.switches[0].cases[1].constant = kConstantFree; });
  ExpectRefused("V7", "equals an earlier one", [](ProgramParts& p) {
    p.constants.push_back(ValueMaker(&p).String("free"));
    p.switches[0].cases[2].constant = kSampleConstants;
  });
  // true, 1 and "1" are three values.
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) {
              p.constants.push_back(Value::Int(1));
              p.constants.push_back(ValueMaker(&p).String("1"));
              p.switches[0].cases[0].constant = kSampleConstants;
              p.switches[0].cases[1].constant = kSampleConstants + 1;
            }),
            "");
}

TEST(Verifier, V8_ThresholdsRiseToTheTotal) {
  ExpectRefused("V8", "split 0: the threshold of output 1 is 100000 after 100000",
                [](ProgramParts& p) { p.splits[0].outputs[1].threshold = 100'000; });
  ExpectRefused("V8", "the threshold of output 0 is 0 after 0",
                [](ProgramParts& p) { p.splits[0].outputs[0].threshold = 0; });
  ExpectRefused("V8", "split 0: its shares add up to 999999, not to 1000000",
                [](ProgramParts& p) { p.splits[0].outputs[2].threshold = kShareTotal - 1; });
  ExpectRefused("V8", "add up to 1000001",
                [](ProgramParts& p) { p.splits[0].outputs[2].threshold = kShareTotal + 1; });
  ExpectRefused("V8", "split 0 has 7 outputs (limit is 6)",
                [](ProgramParts& p) { p.splits[0].outputs.resize(kMaxSplitOutputs + 1); });
}

TEST(Verifier, V9_LimitsAreWithinR14) {
  ExpectRefused("V9", "limit 0 admits nothing", [](ProgramParts& p) { p.limits[0].limit = 0; });
  ExpectRefused("V9", "a window of 0 s", [](ProgramParts& p) { p.limits[0].window_seconds = 0; });
  ExpectRefused("V9", "a window of 31536001 s",
                [](ProgramParts& p) { p.limits[0].window_seconds = kMaxWindowSeconds + 1; });
  ExpectRefused("V9", "a key of 5 fields",
                [](ProgramParts& p) { p.limits[0].key_slots.assign(5, 0); });
  ExpectRefused("V9", "`reserve` is for cost limits only",
                [](ProgramParts& p) { p.limits[0].reserve = true; });
  ExpectRefused("V9", "unknown type",
                [](ProgramParts& p) { p.limits[0].type = static_cast<LimitType>(2); });
  ExpectRefused("V9", "unknown technique",
                [](ProgramParts& p) { p.limits[0].technique = static_cast<WindowTechnique>(2); });
}

TEST(Verifier, V9_ModelsAreWithinR19) {
  ExpectRefused("V9", "model 0: a timeout of 0 ms",
                [](ProgramParts& p) { p.models[0].timeout_ms = 0; });
  ExpectRefused("V9", "a timeout of 3600001 ms",
                [](ProgramParts& p) { p.models[0].timeout_ms = kMaxTimeoutMs + 1; });
  ExpectRefused("V9", "a stall timeout of 0 ms",
                [](ProgramParts& p) { p.models[0].stall_timeout_ms = 0; });
  ExpectRefused("V9", "a stall timeout of 3600001 ms",
                [](ProgramParts& p) { p.models[0].stall_timeout_ms = kMaxTimeoutMs + 1; });
  ExpectRefused("V9", "a retry delay of 5001 ms",
                [](ProgramParts& p) { p.models[0].retry_delay_ms = kMaxRetryDelayMs + 1; });
  ExpectRefused("V9", "model 1: 6 retries", [](ProgramParts& p) { p.models[1].retries = 6; });
  ExpectRefused("V9", "unknown error class",
                [](ProgramParts& p) { p.models[0].retry_on = kAllErrorClasses + 1; });
  ExpectRefused("V9", "unknown error class",
                [](ProgramParts& p) { p.models[0].fallback_on = kAllErrorClasses + 1; });
  ExpectRefused("V9", "unknown backoff",
                [](ProgramParts& p) { p.models[0].backoff = static_cast<Backoff>(3); });
  ExpectRefused("V9", "unknown stream failure policy", [](ProgramParts& p) {
    p.models[0].on_stream_failure = static_cast<StreamFailurePolicy>(3);
  });
  ExpectRefused("V9", "model 0: a hedge after 3600001 ms",
                [](ProgramParts& p) { p.models[0].hedge_after_ms = kMaxTimeoutMs + 1; });
  ExpectRefused("V9", "model 1: a hedge without a fallback",
                [](ProgramParts& p) { p.models[1].hedge_after_ms = 1; });
  ExpectRefused("V9", "model 0: skipped after 0 failures",
                [](ProgramParts& p) { p.models[0].health_failures = 0; });
  ExpectRefused("V9", "model 1: skipped after 1001 failures",
                [](ProgramParts& p) { p.models[1].health_failures = kMaxHealthFailures + 1; });
  ExpectRefused("V9", "model 0: skipped for 0 ms",
                [](ProgramParts& p) { p.models[0].health_cooldown_ms = 0; });
  ExpectRefused("V9", "model 0: skipped for 3600001 ms",
                [](ProgramParts& p) { p.models[0].health_cooldown_ms = kMaxHealthCooldownMs + 1; });
}

// V10 is checked where patterns are linked.
std::string CreateBroken(const std::function<void(ProgramParts&)>& breakage) {
  ProgramParts parts = SampleProgram();
  breakage(parts);
  return std::string(Program::Create(std::move(parts)).status().message());
}

TEST(Verifier, V10_PatternsCompile) {
  EXPECT_THAT(CreateBroken([](ProgramParts& p) { p.patterns[0].pattern = "a(?=b)"; }),
              testing::StartsWith("V10: pattern 0: "));
  EXPECT_THAT(CreateBroken([](ProgramParts& p) { p.patterns[0].options = "g"; }),
              testing::StartsWith("V10: pattern 0: option `g` is unknown"));
}

TEST(Verifier, V10_PatternsHaveALimitedSize) {
  EXPECT_THAT(CreateBroken([](ProgramParts& p) { p.patterns[0].pattern = "(\\pL{30}){30}"; }),
              testing::StartsWith("V10: pattern 0: pattern too large"));
  EXPECT_THAT(CreateBroken([](ProgramParts& p) {
                p.patterns.assign(100, {"\\pL{30}" + std::string(1000, 'a'), ""});
              }),
              testing::StartsWith("V10: the patterns up to "));
}

TEST(Verifier, V13_IdsAndNamesAreWellFormed) {
  ExpectRefused("V13", "the route's name", [](ProgramParts& p) { p.route_name = ""; });
  ExpectRefused("V13", "the route's name", [](ProgramParts& p) { p.route_name = "a b"; });
  ExpectRefused("V13", "the route's name",
                [](ProgramParts& p) { p.route_name.assign(kMaxIdBytes + 1, 'a'); });
  ExpectRefused("V13", "element 1: its id", [](ProgramParts& p) { p.elements[1] = "a/b"; });
  ExpectRefused("V13", "element 2: id `by-plan` comes twice",
                [](ProgramParts& p) { p.elements[2] = "by-plan"; });
  ExpectRefused("V13", "model 0: its provider", [](ProgramParts& p) { p.models[0].provider = ""; });
  ExpectRefused("V13", "model 0: its provider",
                [](ProgramParts& p) { p.models[0].provider = "a\nb"; });
  ExpectRefused("V13", "model 0: its model", [](ProgramParts& p) { p.models[0].model = "\xff"; });
  ExpectRefused("V13", "model 0: its model",
                [](ProgramParts& p) { p.models[0].model.assign(kMaxNameBytes + 1, 'a'); });
  ExpectRefused("V13", "model 1: its key alias",
                [](ProgramParts& p) { p.models[1].byok_alias = "\x7f"; });
  ExpectRefused("V13", "split 0: the label of output 0",
                [](ProgramParts& p) { p.splits[0].outputs[0].label = "\xff"; });
}

TEST(Verifier, V13_ParamsAreAnObject) {
  ExpectRefused("V13", "model 0: its params: expected an object",
                [](ProgramParts& p) { p.models[0].params = "[]"; });
  ExpectRefused("V13",
                "model 0: its params: ", [](ProgramParts& p) { p.models[0].params = "{\"a\":1"; });
  ExpectRefused("V13", "model 0: its params: key `a` comes twice",
                [](ProgramParts& p) { p.models[0].params = R"({"a":1,"a":2})"; });
}

}  // namespace
}  // namespace junctor
