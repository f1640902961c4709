// Telling program files from routes.
#include "engine/cli/route_input.h"

#include <gtest/gtest.h>

#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

TEST(RouteInputTest, WhatEncodeProgramWritesLooksLikeAProgram) {
  const auto result = compiler::Compile("route", R"({"name":"r","elements":[
      {"id":"start","type":"start","outputs":{"next":{"elementId": "end"}}},{"id":"end","type":"end"}]})",
                                        {});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(LooksLikeProgram(EncodeProgram(*result.program)));
  EXPECT_FALSE(LooksLikeProgram("{\"name\":\"r\"}"));
  EXPECT_FALSE(LooksLikeProgram(""));
}

}  // namespace
}  // namespace junctor::engine
