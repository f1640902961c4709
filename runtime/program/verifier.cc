// The one door to a Program. Each rule stands in the verify_….cc of its subject.
#include "runtime/program/verifier.h"

#include "runtime/program/verifier_rules.h"

namespace junctor {

absl::Status Verify(const ProgramParts& parts) {
  for (const auto rule : {VerifySizes, VerifyNames, VerifyConstants, VerifyTables, VerifyMatchers,
                          VerifyCode, VerifyBounds}) {
    absl::Status status = rule(parts);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace junctor
