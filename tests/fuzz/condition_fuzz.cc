// A condition and a request's body, with a NUL between them: a condition that compiles answers the
// same with and without passes.
#include <string>
#include <string_view>

#include "compiler/compile.h"
#include "runtime/interp/execution.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/hostile_run.h"

namespace {

// A route whose answer tells how the condition came out: a limit that refuses, or none.
std::string RouteOf(std::string_view condition) {
  return R"({"name":"c","elements":[{"id":"s","type":"start","outputs":{"next":{"elementId":"c"}}},)"
         R"({"id":"c","type":"conditional","properties":{"conditions":)" +
         std::string(condition) +
         R"(},"outputs":{"true":{"elementId":"t"},"false":{"elementId":"e"}}},)"
         R"({"id":"t","type":"rate","properties":{"limitType":"count","key":"metadata.k","limit":1,)"
         R"("window":1},"outputs":{"success":{"elementId":"e"}}},{"id":"e","type":"end","outputs":{}}]})";
}

std::shared_ptr<const junctor::Program> Compiled(const std::string& route, bool optimise) {
  junctor::compiler::CompileOptions options;
  options.optimise = optimise;
  return junctor::compiler::Compile("c", route, options).program;
}

bool Holds(std::shared_ptr<const junctor::Program> program, const junctor::Request& request) {
  junctor::Execution execution(std::move(program), &request);
  const junctor::Step step = execution.Start();
  return std::holds_alternative<junctor::LimitStep>(step);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  const std::string route = RouteOf(input.substr(0, end));
  const auto program = Compiled(route, true);
  if (program == nullptr) return 0;
  const auto plain = Compiled(route, false);
  JUNCTOR_FUZZ_CHECK(plain != nullptr);

  std::string body(end == std::string_view::npos ? "{}" : input.substr(end + 1));
  const size_t body_size = body.size();
  body.append(junctor::kBodyPadding, '\0');
  junctor::BodyScanner scanner;
  junctor::BodyIndex index;
  junctor::Request request;
  if (scanner.Scan(std::string_view(body).substr(0, body_size), &index).ok()) request.body = &index;
  JUNCTOR_FUZZ_CHECK(Holds(program, request) == Holds(plain, request));
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const junctor::HostileRequest hostile(*plain, seed);
    JUNCTOR_FUZZ_CHECK(Holds(program, hostile.request()) == Holds(plain, hostile.request()));
  }
  return 0;
}
