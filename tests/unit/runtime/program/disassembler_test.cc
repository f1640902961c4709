#include "runtime/program/disassembler.h"

#include "gtest/gtest.h"
#include "tests/unit/runtime/program/sample_program.h"

namespace junctor {
namespace {

TEST(Disassembler, PrintsASmallProgram) {
  EXPECT_EQ(Disassemble(**Program::Create(SmallestProgram())),
            R"text(program smallest  format=3 source=0000000000000000
counts   code=1 elements=0 slots=0 constants=0 patterns=0 matchers=0 switches=0 splits=0 limits=0 models=0
bounds   longest_path=0 max_calls=0 worst_first_byte=0ms
    0  end
)text");
}

TEST(Disassembler, PrintsEveryKindOfEntry) {
  EXPECT_EQ(Disassemble(**Program::Create(SampleProgram())),
            R"text(program sample  format=3 source=0123456789abcdef deadline=30000ms
counts   code=22 elements=6 slots=6 constants=10 patterns=1 matchers=2 switches=1 splits=1 limits=1 models=2
bounds   longest_path=5 max_calls=4 worst_first_byte=30000ms
slot     s0 metadata.plan
slot     s1 body.max_tokens
slot     s2 headers.X-Region
slot     s3 metadata.user
slot     s4 body.messages
slot     s5 request.last_user_text
matcher  m0 of documents
           and
             eq role "free"
             or
               elem_match content.parts m1
               nor
matcher  m1 of elements
           in element ["eu","us","ap","sa",null,["nested"],7,1.5]
    0  switch      s0 {"free"→16 "pro"→17 true→21} else 1                       ; by-plan
    1  exists      s1                                          t=2 f=21         ; by-prompt
    2  eq          s1 {"a":1,"b":{"c":[]}}                     t=3 f=3          ; by-prompt
    3  lt          s1 5                                        t=4 f=4          ; by-prompt
    4  le          s1 0.5                                      t=5 f=5          ; by-prompt
    5  gt          s1 5                                        t=6 f=6          ; by-prompt
    6  ge          s1 null                                     t=7 f=7          ; by-prompt
    7  in          s2 ["eu","us","ap","sa",null,["nested"],7,1.5] t=8 f=8       ; by-prompt
    8  type        s1 string|long                              t=9 f=9          ; by-prompt
    9  regex       s1 "^code:\\d+$" options=im                 t=10 f=10        ; by-prompt
   10  mod         s1 [4,1]                                    t=11 f=11        ; by-prompt
   11  size        s4 5                                        t=12 f=12        ; by-prompt
   12  starts_with s5 ["Hello","Guten Tag"] case_insensitive   t=16 f=13        ; by-prompt
   13  ends_with   s5 ["Hello","Guten Tag"]                    t=16 f=14        ; by-prompt
   14  contains    s5 ["Hello","Guten Tag"]                    t=16 f=15        ; by-prompt
   15  elem_match  s4 m0                                       t=16 f=17        ; by-prompt
   16  split       by s3 {10% "10% new"→19 33.3333% "33.3333%"→17 56.6667% "else"→20}  ; rollout
   17  limit       100 per 3600 s sliding by metadata.user,headers.X-Region t=19 f=18 ; per-user
   18  refuse      100 per 3600 s sliding by metadata.user,headers.X-Region     ; per-user
   19  call        openai/gpt-4o timeout=60000ms retries=2 hedge=1500ms health=3/10000ms params={"temperature":0,"stop":["a\u0062"]} t=21 f=20 ; big
   20  call        anthropic/claude timeout=20000ms retries=0 delay=250ms backoff=linear retry_on=connect,rate_limit no_fallback stall=5000ms on_stream_failure=hold health=off byok="team" t=21 f=21 ; small
   21  end
)text");
}

TEST(Disassembler, CutsLongSwitches) {
  ProgramParts parts = SmallestProgram();
  SwitchSpec table;
  for (uint32_t i = 0; i < 20; ++i) {
    parts.constants.push_back(Value::Int(i));
    table.cases.push_back({i, 1});
  }
  table.default_target = 1;
  parts.switches = {table};
  parts.fields = {"metadata.n"};
  parts.code = {{Opcode::kSwitch, 0, 0, 0, 0, 0}, {Opcode::kEnd, 0, 0, 0, 0, 0}};
  parts.debug = {kNoElement, kNoElement};
  EXPECT_NE(Disassemble(**Program::Create(std::move(parts))).find("15→1 … 4 more} else 1"),
            std::string::npos);
}

}  // namespace
}  // namespace junctor
