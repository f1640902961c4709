// One request in OpenAI's form: read and checked, run as a flow or as a direct call, answered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/gateway/answer_sender.h"
#include "engine/gateway/caller_request.h"
#include "engine/gateway/decision_record.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/flow_run.h"
#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/route_choice.h"
#include "engine/gateway/worker.h"
#include "engine/providers/native/request_options.h"
#include "runtime/request/body_index.h"
#include "runtime/request/metadata.h"

namespace junctor::engine {

// Where a request in OpenAI's form comes from: the compat endpoint, or an entry of the universal
// one. The views outlive the request.
struct CompatSource {
  Operation operation = Operation::kChat;
  const net::RequestHead* head = nullptr;  // of the HTTP request
  const net::HeaderList* headers =
      nullptr;  // the caller's, those of an entry over those of the head
  net::CancelSignal* gone = nullptr;
  const GatewayScope* scope = nullptr;
  std::string_view body;  // kBodyPadding bytes are readable after its end
  RequestOptions options;
  RequestLimits* limits = nullptr;  // the gateway's own
};

// Runs one request up to its answer. Used by one coroutine; must outlive the use of its run.
class CompatRequest {
 public:
  // `log` and what `source` views outlive the object.
  CompatRequest(Worker* worker, const CompatSource& source, RequestLog* log);

  // Reads, decides, calls. The result is for AnswerSender::Send, with run(); `sender` gets the
  // route's headers.
  net::Awaitable<FlowResult> Run(AnswerSender* sender);
  FlowRun* run() { return &run_; }

  // Where a version of the route decides in the shadow: holds it against the one that served. For
  // when the caller has its answer.
  void CompareWithShadow();

 private:
  // Reads what a request must have before any flow is run; an error is the answer.
  std::optional<ErrorResponse> Prepare();
  std::optional<ErrorResponse> CheckDuplicate(std::string_view key) const;
  std::optional<ErrorResponse> CheckDuplicates(const Program* program) const;
  // Which of the deployed versions serves; an error where its key can't be read for sure.
  std::optional<ErrorResponse> ChooseVersion(ChosenRoute* route);
  net::Awaitable<FlowResult> RunRoute(std::string_view name, AnswerSender* sender);
  net::Awaitable<FlowResult> RunDirect();

  Worker* worker_;
  CompatSource source_;
  RequestLog* log_;
  BodyIndex index_;
  std::optional<Metadata> metadata_;
  CallerRequest caller_;
  std::string model_;  // as the caller named it
  ModelSpec direct_;
  std::shared_ptr<const RouteDeployment> deployment_;  // where one of its versions is a shadow
  DecisionRecord decisions_;                           // of the one that serves, there
  FlowRun run_;
};

// The answer for a request body that could not be read.
ErrorResponse BodyError(const absl::Status& status, uint64_t max_bytes);

}  // namespace junctor::engine
