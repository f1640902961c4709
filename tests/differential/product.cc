#include "tests/differential/product.h"

#include <cmath>

#include "runtime/interp/execution.h"
#include "runtime/program/program_file.h"

namespace junctor::differential {
namespace {

// A run of more steps than this is one that does not end.
constexpr size_t kMostSteps = 10'000;

std::string ElementOf(const Program& program, uint32_t element) {
  return std::string(program.ElementName(element));
}

// Notes where sticky splits fell.
class StickyDraws : public TraceSink {
 public:
  StickyDraws(const Program* program, SeededWorld* world) : program_(program), world_(world) {}

  void OnEvent(const TraceEvent& event) override {
    const Instruction& instruction = program_->code()[event.pc];
    if (instruction.opcode != Opcode::kSplit) return;
    const SplitSpec& split = program_->parts().splits[instruction.operand];
    world_->sticky_draws[ElementOf(*program_, split.element)] =
        static_cast<uint32_t>(event.operand.integer());
  }

 private:
  const Program* program_;
  SeededWorld* world_;
};

// What is wrong with the delay before an attempt, or "".
std::string WrongDelay(const ModelSpec& spec, const CallStep& call,
                       const oracle::CallReply* previous) {
  if (call.attempt == 0) return call.delay_ms == 0 ? "" : "a delay before the first attempt";
  double factor = 1;
  if (spec.backoff == Backoff::kLinear) factor = call.attempt;
  if (spec.backoff == Backoff::kExponential) factor = std::pow(2.0, call.attempt - 1);
  const double own = spec.retry_delay_ms * factor;
  double low = own * 0.75 - 1;
  double high = own * 1.25 + 1;
  if (previous != nullptr && previous->retry_after_ms) {
    const auto asked = static_cast<double>(*previous->retry_after_ms);
    low = asked;
    high = std::max(asked * 1.25 + 1, high);
  }
  if (call.delay_ms >= low && call.delay_ms <= high) return "";
  return "a delay of " + std::to_string(call.delay_ms) + " ms, not within " + std::to_string(low) +
         " to " + std::to_string(high);
}

std::string FinishText(const Program& program, const FinishStep& finish) {
  switch (finish.kind) {
    case FinishStep::Kind::kResponse:
      return "finish response " + std::to_string(finish.ordinal);
    case FinishStep::Kind::kFailure:
      return "finish failure " + std::to_string(finish.ordinal) + " " +
             std::string(ErrorClassName(finish.error));
    case FinishStep::Kind::kLimited:
      return "finish limited " + ElementOf(program, program.parts().limits[finish.limit].element) +
             " " + std::to_string(finish.retry_after_ms);
    case FinishStep::Kind::kNoModelResponse:
      return "finish no_model_response";
    case FinishStep::Kind::kMisuse:
      return "finish misuse";
  }
  return "finish unknown";
}

}  // namespace

Programs CompileAll(std::string_view route_text) {
  Programs programs;
  compiler::CompileOptions options;
  const compiler::CompileResult optimised = compiler::Compile("random", route_text, options);
  options.optimise = false;
  const compiler::CompileResult plain = compiler::Compile("random", route_text, options);
  for (const compiler::CompileResult* result : {&optimised, &plain}) {
    if (result->ok()) continue;
    for (const compiler::Diagnostic& diagnostic : result->diagnostics) {
      if (diagnostic.severity != compiler::Severity::kError) continue;
      programs.errors += compiler::DiagCodeName(diagnostic.code) + " " + diagnostic.pointer + ": " +
                         diagnostic.message + "\n";
    }
  }
  if (!programs.errors.empty() || !optimised.ok() || !plain.ok()) {
    if (programs.errors.empty()) programs.errors = "no program, and no error either\n";
    return programs;
  }
  const auto reloaded = DecodeProgram(EncodeProgram(*optimised.program));
  if (!reloaded.ok()) {
    programs.errors = "decode after encode: " + reloaded.status().ToString() + "\n";
    return programs;
  }
  programs.optimised = optimised.program;
  programs.plain = plain.program;
  programs.reloaded = *reloaded;
  return programs;
}

RuntimeRequest::RuntimeRequest(const oracle::RequestText& text) {
  for (const auto& [name, value] : text.headers) headers_.push_back({name, value});
  request_.headers = headers_;
  request_.method = text.method;
  request_.path = text.path;
  request_.client_ip = text.client_ip;
  request_.unix_seconds = text.unix_seconds;
  if (text.metadata) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*text.metadata);
    if (metadata.ok()) {
      metadata_ = std::make_unique<Metadata>(*std::move(metadata));
      request_.metadata = metadata_.get();
    }
  }
  if (text.body) {
    padded_body_ = *text.body;
    padded_body_.append(kBodyPadding, ' ');
    const std::string_view body(padded_body_.data(), text.body->size());
    request_.body_bytes = body.size();
    if (scanner_.Scan(body, &index_).ok()) request_.body = &index_;
  }
}

uint64_t SeededWorld::Hash(const std::string& text) const {
  uint64_t hash = seed_ ^ 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return Random(hash).Next();
}

uint64_t SeededWorld::Uniform(const std::string& element) const { return Hash("draw " + element); }

uint32_t SeededWorld::Draw(const std::string& element) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint32_t>((static_cast<Wide>(Uniform(element)) * kShareTotal) >> 64);
}

uint32_t SeededWorld::StickyDraw(const std::string& element, const std::string& key) {
  sticky_keys[element] = key;
  const auto found = sticky_draws.find(element);
  return found == sticky_draws.end() ? kShareTotal : found->second;
}

oracle::LimitReply SeededWorld::Limit(const std::string& element) {
  const uint64_t hash = Hash("limit " + element);
  return {hash % 100 < 60, hash % 100 < 60 ? 0 : hash % 7777};
}

oracle::CallReply SeededWorld::Call(const std::string& element, uint32_t attempt) {
  Random random(Hash("call " + element + " " + std::to_string(attempt)));
  oracle::CallReply reply;
  if (random.Chance(40)) return reply;
  reply.error =
      random.Pick({"connect", "reset", "timeout", "rate_limit", "quota", "auth", "overloaded",
                   "server_error", "context_length", "content_filter", "bad_request"});
  if (random.Chance(25)) {
    const uint64_t waits[] = {0, 1, 1000, 5000, 5001, 60'000};
    reply.retry_after_ms = waits[random.Below(std::size(waits))];
  }
  reply.deadline_passed = has_deadline_ && random.Chance(5);
  return reply;
}

bool SeededWorld::Breaks(const std::string& element, uint32_t attempt) {
  return Hash("break " + element + " " + std::to_string(attempt)) % 100 < 60;
}

oracle::Run RunProgram(const std::shared_ptr<const Program>& program, const Request& request,
                       SeededWorld* world, bool traced) {
  oracle::Run run;
  Execution execution(program, &request);
  StickyDraws sink(program.get(), world);
  if (traced) execution.TraceTo(&sink);
  const ProgramParts& parts = program->parts();
  oracle::CallReply previous;
  uint32_t calls = 0;
  // Where each response came from, by its ordinal, for when it breaks off.
  struct Sent {
    CallStep call;
    Execution::Checkpoint before;
  };
  std::map<uint32_t, Sent> sent;
  Step step = execution.Start();
  while (run.steps.size() < kMostSteps) {
    if (const auto* draw = std::get_if<DrawStep>(&step)) {
      const std::string element = ElementOf(*program, parts.splits[draw->split].element);
      run.steps.push_back("draw " + element);
      step = execution.ResumeDraw(world->Uniform(element));
    } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
      const std::string element = ElementOf(*program, parts.limits[limit->limit].element);
      run.steps.push_back("limit " + element);
      run.limit_keys.emplace_back(limit->key);
      const oracle::LimitReply reply = world->Limit(element);
      step = execution.ResumeLimit({reply.admitted, reply.retry_after_ms});
    } else if (const auto* call = std::get_if<CallStep>(&step)) {
      const ModelSpec& spec = parts.models[call->model];
      const std::string element = ElementOf(*program, spec.element);
      run.steps.push_back("call " + element + " ordinal=" + std::to_string(call->ordinal) +
                          " attempt=" + std::to_string(call->attempt));
      const std::string wrong = WrongDelay(spec, *call, call->attempt > 0 ? &previous : nullptr);
      if (!wrong.empty()) run.steps.push_back("bad: " + wrong);
      if (++calls > program->bounds().max_calls) run.steps.push_back("bad: beyond the bound");
      previous = world->Call(element, call->attempt);
      CallAnswer answer;
      if (!previous.error.empty()) answer.error = ParseErrorClass(previous.error);
      answer.retry_after_ms = previous.retry_after_ms;
      answer.deadline_passed = previous.deadline_passed;
      answer.random = world->Uniform(element + std::to_string(call->attempt));
      if (!answer.error) sent.insert_or_assign(call->ordinal, Sent{*call, execution.Mark()});
      step = execution.ResumeCall(answer);
    } else {
      const FinishStep finish = std::get<FinishStep>(step);
      if (finish.kind == FinishStep::Kind::kResponse) {
        const Sent& response = sent.at(finish.ordinal);
        const ModelSpec& spec = parts.models[response.call.model];
        if (spec.on_stream_failure == StreamFailurePolicy::kContinue &&
            world->Breaks(ElementOf(*program, spec.element), response.call.attempt)) {
          run.steps.push_back("break " + std::to_string(finish.ordinal));
          execution.Rewind(response.before);
          CallAnswer broken;
          broken.error = ErrorClass::kStream;
          broken.random = world->Uniform("break");
          previous = {};
          step = execution.ResumeCall(broken);
          continue;
        }
      }
      run.steps.push_back(FinishText(*program, finish));
      return run;
    }
  }
  run.steps.push_back("bad: does not end");
  return run;
}

}  // namespace junctor::differential
