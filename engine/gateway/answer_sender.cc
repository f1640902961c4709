#include "engine/gateway/answer_sender.h"

#include <utility>
#include <variant>

#include "engine/observe/log_event.h"
#include "engine/providers/chat/forwarded_headers.h"

namespace junctor::engine {

void AnswerSender::SetRoute(std::string_view name, uint64_t version) {
  route_ = name;
  version_ = std::to_string(version);
}

void AnswerSender::AppendOwnHeaders(std::vector<net::HeaderView>* headers) const {
  if (!version_.empty()) {
    headers->push_back({"cf-aig-route", route_});
    headers->push_back({"cf-aig-route-version", version_});
  }
  headers->push_back({"cf-aig-log-id", log_->log_id()});
  headers->push_back({"cf-aig-event-id", log_->event_id()});
  log_->rate_limit().AppendHeaders(headers);
}

net::Awaitable<void> AnswerSender::Send(FlowRun* run, FlowResult result, Log* log) {
  if (result.caller_gone) {
    log_->SetOutcome(0, "client_gone");
    co_return;
  }
  if (result.error.has_value()) {
    co_await SendError(*result.error, result.outcome);
    co_return;
  }
  log_->SetOutcome(run->answer().held->status(), result.outcome);
  co_await SendAnswer(run, log);
}

net::Awaitable<void> AnswerSender::SendError(const ErrorResponse& error, std::string_view outcome) {
  std::vector<net::HeaderView> headers;
  headers.push_back({"content-type", "application/json"});
  for (const auto& [name, value] : error.headers) headers.push_back({name, value});
  if (!entry_.empty()) headers.push_back({"cf-aig-step", entry_});
  AppendOwnHeaders(&headers);
  log_->SetOutcome(error.status, outcome);
  log_->NoteFirstByte();
  const absl::Status sent = co_await exchange_->Respond(error.status, headers, error.body);
  if (!sent.ok()) log_->SetOutcome(error.status, "client_gone");
}

net::Awaitable<bool> AnswerSender::GoOn(FlowRun* run, const Failure& failure) {
  const int status = run->answer().held->status();
  run->NoteBroken();
  FlowResult result = co_await run->GoOn(failure);
  log_->SetOutcome(status, result.caller_gone ? "client_gone" : result.outcome);
  co_return !result.caller_gone && !result.error.has_value();
}

net::Awaitable<void> AnswerSender::SendAnswer(FlowRun* run, Log* log) {
  const std::string provider(run->answer().call->provider_slug());
  const std::string model = run->answer().call->spec().model;
  const std::string step = run->answer().step;
  const int status = run->answer().held->status();
  const bool is_event_stream = run->answer().held->is_event_stream();
  ResponsePiece piece;
  absl::Status sent;
  {
    const HeldResponse& held = *run->answer().held;
    std::vector<net::HeaderView> headers;
    headers.reserve(held.headers().size() + 9);
    for (const net::HeaderView& header : held.headers()) {
      if (IsForwardedResponseHeader(header.name)) headers.push_back(header);
    }
    headers.push_back({"cf-aig-provider", provider});
    headers.push_back({"cf-aig-model", model});
    if (entry_.empty()) {
      headers.push_back({"cf-aig-step", step});
    } else {
      headers.push_back({"cf-aig-step", entry_});
      headers.push_back({"cf-aig-route-step", step});
    }
    AppendOwnHeaders(&headers);
    piece = run->answer().held->TakeHeld();
    log_->NoteFirstByte();
    if (piece.ended) {
      sent = co_await exchange_->Respond(status, headers, piece.bytes);
    } else {
      sent = co_await exchange_->StartStream(status, headers, held.content_length(), piece.bytes);
    }
  }
  while (sent.ok() && !piece.ended) {
    std::variant<ResponsePiece, Failure> next = co_await run->answer().held->Next();
    if (const auto* broken = std::get_if<Failure>(&next)) {
      if (exchange_->is_client_gone()) break;
      const Failure failure = *broken;
      const bool goes_on = co_await GoOn(run, failure);
      if (goes_on) {
        piece = run->answer().held->TakeHeld();
        if (piece.ended) {
          sent = co_await exchange_->Finish(piece.bytes);
        } else {
          sent = co_await exchange_->Write(piece.bytes);
        }
        continue;
      }
      if (exchange_->is_client_gone()) break;
      if (!is_event_stream) {
        // The caller was promised more bytes: only a broken connection tells it that they don't
        // come.
        exchange_->Abort();
        co_return;
      }
      // The end of the connection says once more that this was not the end of the answer.
      exchange_->CloseAfterResponse();
      const std::string event = "data: " + StreamErrorBody(failure) + "\n\n";
      sent = co_await exchange_->Finish(event);
      co_return;
    }
    piece = std::get<ResponsePiece>(next);
    if (piece.ended) {
      sent = co_await exchange_->Finish(piece.bytes);
    } else {
      sent = co_await exchange_->Write(piece.bytes);
    }
  }
  if (!run->has_answer()) {
    log_->SetOutcome(status, "client_gone");
    co_return;
  }
  HeldResponse& held = *run->answer().held;
  log_->SetUsage(held.usage());
  if (held.invalid_chunks() > 0) {
    LogEvent(log, LogLevel::kWarn, "chunks_dropped")
        .Text("log_id", log_->log_id())
        .Unsigned("count", held.invalid_chunks());
  }
  if (!sent.ok() || exchange_->is_client_gone()) {
    log_->SetOutcome(status, "client_gone");
    co_return;
  }
  co_await held.Drain();
}

}  // namespace junctor::engine
