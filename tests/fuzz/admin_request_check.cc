#include "tests/fuzz/admin_request_check.h"

#include <rapidjson/document.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/admin/admin_dispatcher.h"
#include "engine/admin/admin_endpoints.h"
#include "tests/unit/engine/control/control_fixture.h"

namespace junctor::engine {
namespace {

constexpr char kToken[] = "token";

// A control plane that lives as long as the process.
class Target {
 public:
  Target()
      : folder_(std::filesystem::temp_directory_path() /
                ("junctor_admin_fuzz_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    ControlStoreOptions options;
    options.sqlite_file = folder_ + "/junctor.db";
    instance_ = std::make_unique<TestInstance>(
        folder_, options, [](TestInstance& one) { one.config.admin->token = Secret(kToken); });
    if (!instance_->started.ok()) std::abort();
    dispatcher_ = std::make_unique<AdminDispatcher>(instance_->control.get(), AllAdminEndpoints());
  }
  ~Target() {
    dispatcher_.reset();
    instance_.reset();
    std::filesystem::remove_all(folder_);
  }

  AdminAnswer Ask(std::string_view method, std::string_view path, std::string_view body) {
    AdminCall call;
    call.method = method;
    call.target = std::string(kAdminBasePath) + "/accounts/acc" + std::string(path);
    call.authorization = std::string("Bearer ") + kToken;
    return dispatcher_->Answer(call, std::string(body));
  }

  // Grows with everything that is stored.
  int64_t Stored() {
    int64_t stored = 0;
    const absl::Status status = instance_->store->Read([&](ControlTransaction& transaction) {
      stored = *transaction.LastChange() + transaction.ListAudit({}, {1, 1})->total;
      return absl::OkStatus();
    });
    if (!status.ok()) std::abort();
    return stored;
  }

 private:
  const std::string folder_;
  std::unique_ptr<TestInstance> instance_;
  std::unique_ptr<AdminDispatcher> dispatcher_;
};

[[noreturn]] void Fail(const char* what, std::string_view input, const AdminAnswer& answer) {
  std::fprintf(stderr, "%s\nrequest:\n%.*s\nanswer: %d %s\n", what, static_cast<int>(input.size()),
               input.data(), answer.status, answer.body.c_str());
  std::abort();
}

}  // namespace

void CheckAdminRequest(std::string_view input) {
  static Target target;
  const size_t line_end = input.find('\n');
  const std::string_view line = input.substr(0, line_end);
  const std::string_view body =
      line_end == input.npos ? std::string_view() : input.substr(line_end + 1);
  const size_t space = line.find(' ');
  const std::string_view path = space == line.npos ? std::string_view() : line.substr(space + 1);
  const int64_t before = target.Stored();
  const AdminAnswer answer = target.Ask(line.substr(0, space), path, body);
  if (answer.status < 200 || answer.status >= 500) Fail("a fault of the server", input, answer);
  if (answer.status >= 400 && target.Stored() != before) {
    Fail("a refused request left something", input, answer);
  }
  rapidjson::Document envelope;
  envelope.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      answer.body.data(), answer.body.size());
  if (envelope.HasParseError() || !envelope.IsObject() || !envelope.HasMember("success") ||
      envelope["success"].GetBool() != (answer.status < 400)) {
    Fail("not an envelope", input, answer);
  }
}

}  // namespace junctor::engine
