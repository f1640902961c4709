// How a number is written in JSON, and what is wrong with it where it isn't.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace junctor::compiler {

// What is wrong with a number's spelling.
struct NumberFault {
  std::string label;        // e.g. "a leading zero"
  std::string replacement;  // the number as JSON has it, or empty where it can't be known
};

// Nothing where `text` is a JSON number (RFC 8259), otherwise the fault.
std::optional<NumberFault> FindNumberFault(std::string_view text);

}  // namespace junctor::compiler
