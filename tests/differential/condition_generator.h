// Random conditions that the compiler must accept: every operator of R29 and R30.
#pragma once

#include "tests/differential/generator.h"

namespace junctor::differential {

// A condition's JSON text, with at most `depth` levels of $and, $or, $nor, $not and $elemMatch.
std::string RandomCondition(Random* random, int depth);

}  // namespace junctor::differential
