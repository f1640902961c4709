// Runs a compiled route for one JSON request on standard input, with a toy world: every limit
// admits, every draw is 0.5, and a model answers unless its name begins with "fail". Prints each
// step. Usage: embed PROGRAM < request.json
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "runtime/junctor.h"

namespace {

std::string ReadAll(std::istream& in) { return (std::ostringstream() << in.rdbuf()).str(); }

int Fail(const absl::Status& status) { return std::cerr << "embed: " << status << "\n", 1; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return Fail(absl::InvalidArgumentError("usage: embed PROGRAM < request.json"));
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return Fail(absl::NotFoundError(std::string("cannot read ") + argv[1]));
  const auto program = junctor::DecodeProgram(ReadAll(file));
  if (!program.ok()) return Fail(program.status());

  std::string body = ReadAll(std::cin);
  junctor::Request request;
  request.body_bytes = body.size();
  body.append(junctor::kBodyPadding, ' ');
  junctor::BodyScanner scanner;
  junctor::BodyIndex index;
  const auto scanned = scanner.Scan({body.data(), request.body_bytes}, &index);
  if (!scanned.ok()) return Fail(scanned);
  request.body = &index;

  junctor::Execution execution(*program, &request);
  junctor::Step step = execution.Start();
  while (!std::holds_alternative<junctor::FinishStep>(step)) {
    if (const auto* call = std::get_if<junctor::CallStep>(&step)) {
      const junctor::ModelSpec& model = (*program)->parts().models[call->model];
      std::cout << "call " << model.provider << "/" << model.model << ", attempt " << call->attempt
                << ", after " << call->delay_ms << " ms\n";
      junctor::CallAnswer answer;
      if (model.model.starts_with("fail")) answer.error = junctor::ErrorClass::kServerError;
      step = execution.ResumeCall(answer);
    } else if (const auto* limit = std::get_if<junctor::LimitStep>(&step)) {
      std::cout << "limit " << limit->limit << ", admitted\n";
      step = execution.ResumeLimit({});
    } else {
      std::cout << "draw\n";
      step = execution.ResumeDraw(uint64_t{1} << 63);
    }
  }
  const auto& finish = std::get<junctor::FinishStep>(step);
  const bool answered = finish.kind == junctor::FinishStep::Kind::kResponse;
  std::cout << "finish " << (answered ? "with the response of call " : "without a response, call ")
            << finish.ordinal << "\n";
}
