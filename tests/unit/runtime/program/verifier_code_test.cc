// The verifier's rules on instructions, matchers and bounds: V2 to V5, V11, V12, V14.
#include "runtime/program/program_limits.h"
#include "tests/unit/runtime/program/verifier_testing.h"

namespace junctor {
namespace {

TEST(Verifier, AcceptsTheSamples) {
  EXPECT_EQ(Verify(SampleProgram()), absl::OkStatus());
  EXPECT_EQ(Verify(SmallestProgram()), absl::OkStatus());
}

TEST(Verifier, V2_OpcodesAreKnown) {
  ExpectRefused("V2", "instruction 21: unknown opcode 250",
                [](ProgramParts& p) { p.code[kPcEnd].opcode = static_cast<Opcode>(250); });
  ExpectRefused("V2", "unknown opcode",
                [](ProgramParts& p) { p.code[kPcEnd].opcode = static_cast<Opcode>(kOpcodeCount); });
  ExpectRefused("V2", "matcher 0, node 1: unknown opcode", [](ProgramParts& p) {
    p.matchers[0].nodes[1].test = static_cast<Opcode>(kOpcodeCount);
  });
}

TEST(Verifier, V2_UnusedFieldsAreZero) {
  ExpectRefused("V2", "instruction 21 (end): slot 1 where there is none",
                [](ProgramParts& p) { p.code[kPcEnd].slot = 1; });
  ExpectRefused("V2", "an operand 1 where there is none",
                [](ProgramParts& p) { p.code[kPcExists].operand = 1; });
  ExpectRefused("V2", "unknown flags 1",
                [](ProgramParts& p) { p.code[kPcEq].flags = kFlagCaseInsensitive; });
  ExpectRefused("V2", "unknown flags 2", [](ProgramParts& p) { p.code[kPcContains].flags = 2; });
  ExpectRefused("V2", "targets where there are none",
                [](ProgramParts& p) { p.code[kPcSwitch].on_true = 1; });
  ExpectRefused("V2", "targets where there are none",
                [](ProgramParts& p) { p.code[kPcEnd].on_false = 1; });
  ExpectRefused("V2", "matcher 0, node 0: the fields of a test",
                [](ProgramParts& p) { p.matchers[0].nodes[0].operand = 1; });
  ExpectRefused("V2", "matcher 0, node 2: the fields of a test",
                [](ProgramParts& p) { p.matchers[0].nodes[2].path = "a"; });
}

TEST(Verifier, V3_SlotsAreInRange) {
  ExpectRefused("V3", "instruction 1 (exists): slot 6 of 6",
                [](ProgramParts& p) { p.code[kPcExists].slot = 6; });
  ExpectRefused("V3", "split 0: its key is slot 6 of 6",
                [](ProgramParts& p) { p.splits[0].key_slot = 6; });
  ExpectRefused("V3", "limit 0: its key uses slot 65535",
                [](ProgramParts& p) { p.limits[0].key_slots[1] = kNoSlot; });
}

TEST(Verifier, V3_OperandsAreInRange) {
  for (const uint32_t pc : {kPcSwitch, kPcEq, kPcIn, kPcRegex, kPcMod, kPcSize, kPcStartsWith,
                            kPcElemMatch, kPcSplit, kPcLimit, kPcRefuse, kPcCallFirst}) {
    ExpectRefused("V3", "operand 10 of a table of",
                  [pc](ProgramParts& p) { p.code[pc].operand = 10; });
  }
  ExpectRefused("V3", "unknown types in mask 256",
                [](ProgramParts& p) { p.code[kPcType].operand = 256; });
  ExpectRefused("V3", "switch 0: case 1 uses constant 10 of 10",
                [](ProgramParts& p) { p.switches[0].cases[1].constant = kSampleConstants; });
  ExpectRefused("V3", "matcher 1, node 0: operand 10",
                [](ProgramParts& p) { p.matchers[1].nodes[0].operand = 10; });
}

TEST(Verifier, V3_ConstantsAreOfTheKindThatTheirUserNeeds) {
  ExpectRefused("V3", "constant 0 is not an array",
                [](ProgramParts& p) { p.code[kPcIn].operand = kConstantFree; });
  ExpectRefused("V3", "constant 7 is not an array of two integers",
                [](ProgramParts& p) { p.code[kPcMod].operand = kConstantTexts; });
  ExpectRefused("V3", "is not an array of two integers, the first not 0", [](ProgramParts& p) {
    p.constants[kConstantModulus] = ValueMaker(&p).Array({Value::Int(0), Value::Int(1)});
  });
  ExpectRefused("V3", "constant 0 is not an array of two integers",
                [](ProgramParts& p) { p.code[kPcMod].operand = kConstantFree; });
  ExpectRefused("V3", "is not an integer >= 0",
                [](ProgramParts& p) { p.code[kPcSize].operand = kConstantHalf; });
  ExpectRefused("V3", "is not an integer >= 0",
                [](ProgramParts& p) { p.constants[kConstantFive] = Value::Int(-1); });
  ExpectRefused("V3", "constant 6 is not a non-empty array of strings",
                [](ProgramParts& p) { p.code[kPcContains].operand = kConstantRegions; });
  ExpectRefused("V3", "is not a non-empty array of strings",
                [](ProgramParts& p) { p.constants[kConstantTexts] = ValueMaker(&p).Array({}); });
}

TEST(Verifier, V3_TablesNameKnownElements) {
  ExpectRefused("V3", "split 0: element 6 of 6", [](ProgramParts& p) { p.splits[0].element = 6; });
  ExpectRefused("V3", "limit 0: element 6 of 6", [](ProgramParts& p) { p.limits[0].element = 6; });
  ExpectRefused("V3", "model 1: element 6 of 6", [](ProgramParts& p) { p.models[1].element = 6; });
}

TEST(Verifier, V4_TargetsLieInsideTheCode) {
  ExpectRefused("V4", "instruction 1 (exists): false goes to 22, outside the code of 22",
                [](ProgramParts& p) { p.code[kPcExists].on_false = kSampleCodeSize; });
  ExpectRefused("V4", "switch 0: its default goes to 4294967295",
                [](ProgramParts& p) { p.switches[0].default_target = 0xffffffff; });
  ExpectRefused("V4", "switch 0: case 2 goes to 22",
                [](ProgramParts& p) { p.switches[0].cases[2].target = kSampleCodeSize; });
  ExpectRefused("V4", "split 0: output 1 goes to 22",
                [](ProgramParts& p) { p.splits[0].outputs[1].target = kSampleCodeSize; });
}

TEST(Verifier, V4_TargetsLieAfterTheirInstruction) {
  ExpectRefused("V4", "instruction 2 (eq): true goes back to 2",
                [](ProgramParts& p) { p.code[kPcEq].on_true = kPcEq; });
  ExpectRefused("V4", "instruction 2 (eq): false goes back to 1",
                [](ProgramParts& p) { p.code[kPcEq].on_false = kPcExists; });
  ExpectRefused("V4", "instruction 0 (switch): its table goes back to 0",
                [](ProgramParts& p) { p.switches[0].cases[1].target = 0; });
  ExpectRefused("V4", "instruction 16 (split): its table goes back to 16",
                [](ProgramParts& p) { p.splits[0].outputs[2].target = kPcSplit; });
}

TEST(Verifier, V5_NoPathFallsOffTheEnd) {
  ExpectRefused("V5", "the code is empty", [](ProgramParts& p) {
    p = SmallestProgram();
    p.code.clear();
    p.debug.clear();
  });
  ExpectRefused("V5", "split 0 has no outputs",
                [](ProgramParts& p) { p.splits[0].outputs.clear(); });
  // The last instruction has nothing to go on to, so it must be one that ends.
  ExpectRefused("V4", "instruction 21 (exists): true goes back to 0",
                [](ProgramParts& p) { p.code[kPcEnd].opcode = Opcode::kExists; });
}

TEST(Verifier, V11_MatcherNodesNestProperly) {
  ExpectRefused("V11", "matcher 1 has no nodes",
                [](ProgramParts& p) { p.matchers[1].nodes.clear(); });
  ExpectRefused("V11", "matcher 0, node 0 ends at 4",
                [](ProgramParts& p) { p.matchers[0].nodes[0].end = 4; });
  ExpectRefused("V11", "matcher 0, node 2 ends at 6",
                [](ProgramParts& p) { p.matchers[0].nodes[2].end = 6; });
  ExpectRefused("V11", "matcher 0, node 4 ends at 4",
                [](ProgramParts& p) { p.matchers[0].nodes[4].end = 4; });
  // A group that begins inside another one and ends behind it.
  ExpectRefused("V11", "matcher 0, node 3 ends at 5, and what it stands in at 4",
                [](ProgramParts& p) {
                  p.matchers[0].nodes[2].end = 4;
                  p.matchers[0].nodes[3].end = 5;
                });
}

TEST(Verifier, V11_TestsAreTests) {
  ExpectRefused("V11", "matcher 0, node 1: `call` is no test",
                [](ProgramParts& p) { p.matchers[0].nodes[1].test = Opcode::kCall; });
  ExpectRefused("V11", "matcher 0, node 1: a test with nodes below it",
                [](ProgramParts& p) { p.matchers[0].nodes[1].end = 3; });
  ExpectRefused("V11", "matcher 0, node 1: unknown kind", [](ProgramParts& p) {
    p.matchers[0].nodes[1].kind = static_cast<MatcherNode::Kind>(4);
  });
  ExpectRefused("V11", "matcher 0, node 1: `a..b`: a segment of its path is empty",
                [](ProgramParts& p) { p.matchers[0].nodes[1].path = "a..b"; });
  ExpectRefused("V11", "matcher 0, node 1: its path is not valid UTF-8",
                [](ProgramParts& p) { p.matchers[0].nodes[1].path = "\xff"; });
}

// A matcher of `levels` groups inside one another.
MatcherSpec NestedGroups(uint32_t levels) {
  MatcherSpec matcher;
  matcher.nodes.resize(levels);
  for (MatcherNode& node : matcher.nodes) {
    node.kind = MatcherNode::Kind::kAnd;
    node.end = levels;
  }
  return matcher;
}

// A matcher that asks `uses` times whether an element has an element that matcher `used` matches.
MatcherSpec UserOf(uint32_t used, uint32_t uses) {
  MatcherSpec matcher;
  matcher.nodes.resize(uses + 1);
  matcher.nodes[0].kind = MatcherNode::Kind::kAnd;
  matcher.nodes[0].end = uses + 1;
  for (uint32_t i = 1; i <= uses; ++i) {
    matcher.nodes[i].test = Opcode::kElemMatch;
    matcher.nodes[i].operand = used;
    matcher.nodes[i].end = i + 1;
  }
  return matcher;
}

TEST(Verifier, V11_MatchersHaveALimitedDepth) {
  // Matcher 0 uses matcher 1 three levels deep.
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) { p.matchers[1] = NestedGroups(kMaxNesting - 3); }),
            "");
  ExpectRefused("V11", "nested more than 128 deep",
                [](ProgramParts& p) { p.matchers[1] = NestedGroups(kMaxNesting - 2); });
  ExpectRefused("V11", "node 128 is nested more than 128 deep",
                [](ProgramParts& p) { p.matchers[1] = NestedGroups(kMaxNesting + 1); });
  // Through matchers that use each other, the first or the last one first.
  const auto chain = [](ProgramParts& p, uint32_t length, bool rising) {
    p.matchers.clear();
    for (uint32_t i = 0; i < length; ++i) {
      const uint32_t last = rising ? length - 1 : 0;
      p.matchers.push_back(i == last ? NestedGroups(1) : UserOf(rising ? i + 1 : i - 1, 1));
    }
  };
  for (const bool rising : {false, true}) {
    EXPECT_EQ(VerifyBroken([&](ProgramParts& p) { chain(p, kMaxNesting / 2, rising); }), "");
    ExpectRefused("V11", "nested more than 128 deep",
                  [&](ProgramParts& p) { chain(p, kMaxNesting / 2 + 1, rising); });
    ExpectRefused("V11", "nested more than 128 deep",
                  [&](ProgramParts& p) { chain(p, 100'000, rising); });
  }
}

TEST(Verifier, V11_MatchersDoNotUseThemselves) {
  ExpectRefused("V11", "matcher 0 uses itself",
                [](ProgramParts& p) { p.matchers[0].nodes[3].operand = 0; });
  ExpectRefused("V11", "uses itself", [](ProgramParts& p) { p.matchers[1] = UserOf(0, 1); });
}

TEST(Verifier, V11_MatchersDoNotGrowWithoutBoundThroughEachOther) {
  // Each uses the next one twice: 30 of them stand for 2^30 tests.
  ExpectRefused("V11", "nodes with the matchers that it uses", [](ProgramParts& p) {
    p.matchers.clear();
    for (uint32_t i = 0; i < 30; ++i) p.matchers.push_back(UserOf(i + 1, 2));
    p.matchers.push_back(NestedGroups(1));
  });
}

TEST(Verifier, V12_TheDebugTableFitsTheCode) {
  ExpectRefused("V12", "the debug table has 23 entries for 22 instructions",
                [](ProgramParts& p) { p.debug.push_back(0); });
  ExpectRefused("V12", "the debug table has 0 entries", [](ProgramParts& p) { p.debug.clear(); });
  ExpectRefused("V12", "instruction 3: element 6 of 6", [](ProgramParts& p) { p.debug[3] = 6; });
}

TEST(Verifier, V14_BoundsHold) {
  ExpectRefused("V14", "a path of 4 elements, where the bound is 3",
                [](ProgramParts& p) { p.bounds.longest_path = 3; });
  ExpectRefused("V14", "a path with 4 model calls, where the bound is 3",
                [](ProgramParts& p) { p.bounds.max_calls = 3; });
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) { p.bounds = {4, 4, 0}; }), "");
}

TEST(Verifier, V14_CountsOnlyAttemptsThatCanBeMade) {
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) {
              p.models[0].has_fallback = false;
              p.models[0].hedge_after_ms = 0;
              p.bounds.max_calls = 3;
            }),
            "");
  EXPECT_EQ(VerifyBroken([](ProgramParts& p) {
              p.models[0].retry_on = 0;
              p.bounds.max_calls = 2;
            }),
            "");
  ExpectRefused("V14", "a path with 5 model calls, where the bound is 4", [](ProgramParts& p) {
    // A hedge that was dropped, and then the fallback after the break.
    p.models[0].on_stream_failure = StreamFailurePolicy::kContinue;
  });
}

}  // namespace
}  // namespace junctor
