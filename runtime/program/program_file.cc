// The envelope of a program file: magic, version, checksum, sections. docs/program-format.md
// describes it.
#include "runtime/program/program_file.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/program_sections.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor {
namespace {

constexpr std::string_view kMagic = "JNCB";

// Magic, format, a reserved zero, and the checksum of all that follows.
constexpr size_t kEnvelopeBytes = 16;

struct Section {
  uint32_t number;
  std::string_view name;
  void (*encode)(const ProgramParts& parts, ByteWriter* out);
  void (*decode)(ByteReader* in, ProgramParts* parts);
};

constexpr Section kSections[] = {
#define JUNCTOR_SECTION(number, Name, text) {number, text, Encode##Name, Decode##Name},
#include "runtime/program/program_sections.def"
#undef JUNCTOR_SECTION
};

uint64_t Checksum(std::string_view bytes) { return XXH64(bytes.data(), bytes.size(), 0); }

absl::Status NotAProgram(std::string reason) {
  return absl::InvalidArgumentError(absl::StrCat("not a junctor program: ", reason));
}

// Reads the section that has to come next.
absl::Status ReadSection(const Section& section, ByteReader* in, ProgramParts* parts) {
  const uint32_t number = in->U32();
  const uint32_t size = in->U32();
  const size_t begin = in->position();
  const std::string_view content = in->Bytes(size);
  if (in->ok() && number != section.number) {
    in->Fail(absl::StrCat("section ", number, " stands where ", section.number, " is expected"));
  }
  absl::Status status = in->status();
  if (status.ok()) {
    ByteReader reader(content, begin);
    section.decode(&reader, parts);
    if (reader.left() != 0) reader.Fail(absl::StrCat(reader.left(), " bytes too many"));
    status = reader.status();
  }
  if (status.ok()) return status;
  return NotAProgram(
      absl::StrCat("section ", std::string(section.name), ": ", std::string(status.message())));
}

}  // namespace

std::string EncodeProgram(const Program& program) {
  ByteWriter body;
  for (const Section& section : kSections) {
    ByteWriter content;
    section.encode(program.parts(), &content);
    body.U32(section.number);
    body.String(content.bytes());
  }
  ByteWriter file;
  file.Bytes(kMagic);
  file.U16(kProgramFormat);
  file.U16(0);
  file.U64(Checksum(body.bytes()));
  file.Bytes(body.bytes());
  return std::move(file).Take();
}

absl::StatusOr<std::shared_ptr<const Program>> DecodeProgram(std::string_view bytes) {
  if (bytes.size() > kMaxProgramBytes) {
    return NotAProgram(
        absl::StrCat(bytes.size(), " bytes are too many (limit is ", kMaxProgramBytes, ")"));
  }
  ByteReader in(bytes);
  const std::string_view magic = in.Bytes(kMagic.size());
  if (magic != kMagic) return NotAProgram("it does not begin with `JNCB`");
  const uint16_t format = in.U16();
  if (in.ok() && format != kProgramFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("program of format ", format, ": this build reads format ", kProgramFormat));
  }
  const uint16_t reserved = in.U16();
  const uint64_t checksum = in.U64();
  if (!in.ok())
    return NotAProgram(absl::StrCat("cut short within its ", kEnvelopeBytes, " first bytes"));
  if (reserved != 0) return NotAProgram("a reserved field is not 0");
  if (Checksum(bytes.substr(kEnvelopeBytes)) != checksum) {
    return NotAProgram("it is damaged: the checksum does not match");
  }
  ProgramParts parts;
  for (const Section& section : kSections) {
    absl::Status status = ReadSection(section, &in, &parts);
    if (!status.ok()) return status;
  }
  if (in.left() != 0) {
    return NotAProgram(absl::StrCat(in.left(), " bytes follow its last section"));
  }
  return Program::Create(std::move(parts));
}

}  // namespace junctor
