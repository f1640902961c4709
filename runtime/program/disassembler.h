// A program as text for people and golden files.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace junctor {

// One line per slot, table entry and instruction, with element ids. The text is stable for one
// program.
std::string Disassemble(const Program& program);

// A constant as compact JSON text, cut to `max_bytes` with an ellipsis.
std::string ValueToText(const Value& value, size_t max_bytes = 120);

}  // namespace junctor
