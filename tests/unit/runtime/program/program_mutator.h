// Damages programs at random, reproducibly: as bytes and as parts.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "runtime/program/program_parts.h"

namespace junctor {

// Makes the checksum of an encoded program fit its bytes again. Leaves what is too short for one
// alone.
void RepairChecksum(std::string* bytes);

// Changes programs; the same seed makes the same changes.
class ProgramMutator {
 public:
  explicit ProgramMutator(uint64_t seed) : random_(seed) {}

  // Changes one to four places of an encoded program: bits, bytes, numbers of 32 bits, pieces cut
  // out or doubled. The checksum fits.
  void MutateBytes(std::string* bytes);

  // Changes one to three fields of the parts to values that are near, at the edges, or wild.
  void MutateParts(ProgramParts* parts);

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  // A number to try where `present` stands and indices are below `bound`.
  uint32_t Number(uint32_t present, size_t bound);
  template <typename T>
  T* Pick(std::vector<T>* items) {
    return items->empty() ? nullptr : &(*items)[Below(items->size())];
  }

  void MutateInstruction(ProgramParts* parts);
  void MutateTable(ProgramParts* parts);
  void MutateMatcher(ProgramParts* parts);
  void MutateConstant(ProgramParts* parts);
  void MutateRest(ProgramParts* parts);

  std::mt19937_64 random_;
};

}  // namespace junctor
