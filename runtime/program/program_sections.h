// The content of each section of a program file, written and read. Part of program_file.cc: nothing
// else includes it.
#pragma once

#include "runtime/program/byte_reader.h"
#include "runtime/program/byte_writer.h"
#include "runtime/program/program_parts.h"

namespace junctor {

// Encode<Name>: appends the section's content. `parts` have passed the verifier.
// Decode<Name>: reads the content from untrusted bytes into `parts`; what is wrong makes the reader
// fail. Makes room only for what the bytes that are left can hold, and for no more than
// program_limits.h allows. All else is the verifier's to check.
#define JUNCTOR_SECTION(number, Name, text)                      \
  void Encode##Name(const ProgramParts& parts, ByteWriter* out); \
  void Decode##Name(ByteReader* in, ProgramParts* parts);
#include "runtime/program/program_sections.def"
#undef JUNCTOR_SECTION

}  // namespace junctor
