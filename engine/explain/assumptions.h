// What `explain` assumes of the world: how each model and each limit answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/program/error_class.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// One assumed answer.
struct AssumedAnswer {
  std::string text = "ok";          // as it was written
  std::optional<ErrorClass> error;  // a model's failure
  int status = 0;                   // of a model's failure that came with one
  bool skipped = false;             // a model that is known to be down is not called
  bool limited = false;             // a limit's refusal
};

// Answers by element. What nothing is assumed of answers `ok`. Immutable.
class Assumptions {
 public:
  // Reads "ELEMENT=answer[,answer…]" each. For a model element an answer is `ok`, `timeout`,
  // `status:N` (400 to 599), an error class of R21 or `skipped`; for a rate element `ok` or
  // `limited`. `stream` is a success whose answer breaks off after the first token (R22).
  // InvalidArgument names what is unknown and what is possible.
  static absl::StatusOr<Assumptions> Parse(const std::vector<std::string>& texts,
                                           const Program& program);

  // Whether anything is assumed of `element`.
  bool Has(std::string_view element) const { return answers_.find(element) != answers_.end(); }
  // The answer to visit `visit` (from 0) of `element`; the last one stays.
  const AssumedAnswer& Of(std::string_view element, size_t visit) const;

 private:
  std::map<std::string, std::vector<AssumedAnswer>, std::less<>> answers_;
};

}  // namespace junctor::engine
