// Conditions for tests of the matcher: a plain translation of a condition into a program, without
// the compiler's checks and passes.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/program/program.h"
#include "runtime/request/request.h"

namespace junctor::testing {

// A program that ends in the element `yes` where `condition` (JSON text, R29, R30) holds, and in
// `no` where it does not.
std::shared_ptr<const Program> ConditionProgram(std::string_view condition);

// Whether `condition` holds of `request`.
bool Holds(std::string_view condition, const Request* request);

}  // namespace junctor::testing
