// junctor eval: JSON lines of conditions and requests in, true or false out.
#include <string>

#include "engine/cli/commands.h"
#include "engine/cli/condition_evaluator.h"
#include "engine/explain/recorded_request.h"

namespace junctor::engine {
namespace {

// One line holds at most a request and a condition.
constexpr size_t kMaxLineBytes = 2 * kMaxRecordedRequestBytes;
// Answers are written in blocks while more input is at hand.
constexpr size_t kOutputBlock = 64 * 1024;

// Evaluates lines.
class LineEvaluator {
 public:
  absl::StatusOr<bool> Evaluate(std::string* line) {
    if (line->size() > kMaxLineBytes) {
      return absl::InvalidArgumentError("the line is too long (limit is " +
                                        std::to_string(kMaxLineBytes) + " bytes)");
    }
    if (const absl::Status status = CheckJson(*line); !status.ok()) return status;
    line->reserve(line->size() + kBodyPadding);
    BodyIndex index;
    if (const absl::Status status = scanner_.Scan(*line, &index); !status.ok()) return status;
    for (const BodyIndex::Entry& entry : index.entries()) {
      // Lines of test suites carry more than is asked for here, such as the expected answer.
      if (index.IsDuplicate(entry.key)) {
        return absl::InvalidArgumentError("the key `" + std::string(entry.key) +
                                          "` stands there twice");
      }
    }
    const std::string_view condition = index.Find("condition");
    if (condition.empty()) return absl::InvalidArgumentError("missing key `condition`");
    const std::string_view request_text = index.Find("request");
    if (request_text.empty()) return absl::InvalidArgumentError("missing key `request`");
    absl::StatusOr<RequestParts> parts = ParseCheckedRequestParts(request_text, &scanner_);
    if (!parts.ok()) {
      return absl::InvalidArgumentError("`request`: " + std::string(parts.status().message()));
    }
    const absl::StatusOr<std::unique_ptr<RecordedRequest>> request =
        RecordedRequest::Make(*std::move(parts), &scanner_);
    if (!request.ok()) {
      return absl::InvalidArgumentError("`request`: " + std::string(request.status().message()));
    }
    return evaluator_.Matches(condition, (*request)->request());
  }

 private:
  BodyScanner scanner_;
  ConditionEvaluator evaluator_;
};

}  // namespace

int RunEval(const Console& console) {
  LineEvaluator evaluator;
  int status = kExitOk;
  uint64_t number = 0;
  std::string answers;
  for (std::string line; std::getline(console.in, line);) {
    ++number;
    const absl::StatusOr<bool> answer = evaluator.Evaluate(&line);
    if (answer.ok()) {
      answers += *answer ? "true\n" : "false\n";
    } else {
      answers += "error\n";
      status = kExitFailure;
      PrintError(console,
                 "line " + std::to_string(number) + ": " + std::string(answer.status().message()));
    }
    // Whoever waits for an answer before the next line gets it.
    if (answers.size() >= kOutputBlock || console.in.rdbuf()->in_avail() <= 0) {
      console.out << answers << std::flush;
      answers.clear();
    }
  }
  console.out << answers;
  if (console.in.bad()) {
    PrintError(console, "cannot read standard input");
    return kExitFailure;
  }
  return status;
}

}  // namespace junctor::engine
