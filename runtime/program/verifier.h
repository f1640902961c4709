// The verifier: what has to hold before a program may run. Same code for fresh programs and for
// bytes from a file.
#pragma once

#include "absl/status/status.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// Checks `parts`; InvalidArgument names the first rule that is broken, and the instruction or table
// entry. Takes time linear in the size of the parts. The rules:
//
//   V1   sizes are within the limits of program_limits.h
//   V2   every opcode is known, and its unused fields are 0
//   V3   every slot, operand and table index is in range and of the kind that its user needs
//   V4   every target lies inside the code and after its instruction, so there is no loop
//   V5   no path falls off the end: branches and tables have all their targets, and the code is
//        not empty
//   V6   fields parse (R18), and no more than kNoSlot of them
//   V7   constants are well-formed: valid UTF-8, no missing values, numbers in their one form,
//        keys unique, nesting within the limit; the cases of a switch are unique scalars
//   V8   split thresholds rise strictly and end at kShareTotal
//   V9   limits and models are within the bounds of R14 and R19
//   V10  patterns compile, each and all together within their size limits (checked by
//        Program::Create, which compiles them)
//   V11  matcher nodes nest properly: every subtree lies inside its parent, tests are tests;
//        matchers do not use themselves; depth and size, with the matchers that they use written
//        out, are within the limits
//   V12  the debug table is as long as the code and names known elements
//   V13  ids and names are well-formed (R5), `params` is empty or JSON text of an object
//   V14  the bounds hold for the code: no path has more model, rate and percentage elements than
//        longest_path, or more attempts at models than max_calls
absl::Status Verify(const ProgramParts& parts);

}  // namespace junctor
