// The verified, immutable program: the one thing that crosses from the compiler to the runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/program/field.h"
#include "runtime/program/instruction.h"
#include "runtime/program/program_parts.h"

namespace re2 {
class RE2;
}

namespace junctor {

class ConstantSet;
class SwitchTable;

// A program that the verifier has passed: every index in range, every jump forward, every path
// ends. Immutable, so any number of threads may run it at once. Holds all that it needs: nothing
// that it was made from must outlive it.
class Program {
 public:
  // Verifies `parts` and links them (compiles patterns, builds hash tables). The only way to a
  // Program, from fresh code and from files alike. InvalidArgument names the rule that is broken
  // and where; see verifier.h.
  static absl::StatusOr<std::shared_ptr<const Program>> Create(ProgramParts parts);

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  const ProgramParts& parts() const { return parts_; }
  std::string_view route_name() const { return parts_.route_name; }
  const ProgramBounds& bounds() const { return parts_.bounds; }
  const std::vector<Instruction>& code() const { return parts_.code; }
  // The id of the element that instruction `pc` came from, or "" where it came from none.
  std::string_view ElementOf(uint32_t pc) const;
  // The id of element `index`, or "" for kNoElement.
  std::string_view ElementName(uint32_t index) const;

  // Field of slot i; the request's fields that this program may read.
  const std::vector<Field>& fields() const { return fields_; }
  // Top-level keys of the body that the program reads, by a field or by a derived fact, or rewrites
  // (`params`), sorted: none may come twice (R36). Keys that the gateway itself reads are its own
  // to add.
  const std::vector<std::string>& body_keys() const { return body_keys_; }

  // Linked forms of the tables, by the operand of the instruction that uses them.
  const re2::RE2& pattern(uint32_t index) const { return *patterns_[index]; }
  const ConstantSet& set(uint32_t constant) const;  // of a constant that a kIn uses
  const SwitchTable& switch_table(uint32_t index) const;
  // Segments of the path of node `node` of matcher `matcher`.
  const std::vector<std::string>& matcher_path(uint32_t matcher, uint32_t node) const {
    return matcher_paths_[matcher][node];
  }
  // Seed of the stable hash of split `index`: a hash of (route name, element id) (R13).
  uint64_t split_seed(uint32_t index) const { return split_seeds_[index]; }

 private:
  explicit Program(ProgramParts parts);
  absl::Status Link();

  ProgramParts parts_;
  std::vector<Field> fields_;
  std::vector<std::string> body_keys_;
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
  std::vector<std::unique_ptr<ConstantSet>> sets_;  // by constant; null where no kIn uses it
  std::vector<std::unique_ptr<SwitchTable>> switch_tables_;
  std::vector<std::vector<std::vector<std::string>>> matcher_paths_;
  std::vector<uint64_t> split_seeds_;
};

}  // namespace junctor
