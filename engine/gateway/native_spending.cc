#include "engine/gateway/native_spending.h"

#include <array>
#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/prices/custom_cost.h"
#include "runtime/request/body_index.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {

NativeSpending::NativeSpending(Worker* worker, RequestLimits* limits, const NativeRequest* request,
                               RequestLog* log)
    : worker_(worker), limits_(limits), request_(request), log_(log) {
  const net::HeaderList& headers = request->head->headers;
  std::optional<PriceSet> custom;
  if (const std::string_view* header = headers.Find("cf-aig-custom-cost")) {
    absl::StatusOr<PriceSet> cost = ParseCustomCost(*header);
    status_ = cost.status();
    if (!cost.ok()) return;
    custom = *cost;
  }
  const GatewayView* gateway = limits->gateway();
  if (gateway == nullptr || gateway->spend_rules.empty()) return;
  if (const std::string_view* header = headers.Find("cf-aig-metadata")) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*header);
    if (metadata.ok()) metadata_ = *std::move(metadata);
  }
  model_ = ModelOfNativeRequest(request->rest, request->body);
  spending_.emplace(
      limits->backend(), request->scope->PricesOver(worker->shared->prices), custom,
      SpendLimits(gateway, limits->gateway_name(), metadata_.has_value() ? &*metadata_ : nullptr));
}

NativeSpending::~NativeSpending() {
  if (!answered_ || !spending_.has_value() || !spending_->counts()) return;
  const ProviderRecord& record = *request_->provider->record;
  spending_->Charge(&claim_, record.slug, model_, answer_.Find(record.format, record.slug),
                    request_->body.size(), answer_.bytes(), absl::GetCurrentTimeNanos());
  log_->SetCost(spending_->total(), spending_->is_estimated());
}

net::Awaitable<std::optional<GatewayRefusal>> NativeSpending::Ask() {
  if (!spending_.has_value()) co_return std::nullopt;
  const std::vector<SpendLimits::Entry*> entries =
      spending_->rules().EntriesOf(request_->provider->record->slug, model_);
  if (entries.empty()) co_return std::nullopt;
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = absl::GetCurrentTimeNanos();
  for (const SpendLimits::Entry* entry : entries) batch->Add(spending_->rules().AskOf(*entry));
  co_await AskBatch(limits_->backend(), worker_->loop, batch);
  for (size_t i = 0; i < entries.size(); ++i) {
    LimitVerdict& verdict = batch->verdicts[i];
    if (!verdict.answer.admitted) {
      co_return SpendRefusal(entries[i]->rule->id, verdict.answer.retry_after_ms);
    }
    entries[i]->ticket = std::move(verdict.ticket);
  }
  co_return std::nullopt;
}

void NativeSpending::Note(std::string_view piece) {
  answered_ = true;
  if (!spending_.has_value()) return;
  answer_.Take(piece);
}

std::string ModelOfNativeRequest(std::string_view path, std::string_view body) {
  constexpr std::array<std::string_view, 3> kBefore = {"/models/", "/model/", "/deployments/"};
  for (const std::string_view before : kBefore) {
    const size_t at = path.find(before);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = path.substr(at + before.size());
    return std::string(rest.substr(0, rest.find_first_of(":/?")));
  }
  if (body.empty()) return {};
  std::string padded(body);
  padded.append(kBodyPadding, ' ');
  BodyScanner scanner;
  BodyIndex index;
  if (!scanner.Scan(std::string_view(padded).substr(0, body.size()), &index).ok()) return {};
  const std::string_view model = index.Find("model");
  if (model.empty()) return {};
  std::pmr::monotonic_buffer_resource arena;
  const Value name = ReadJson(model, &arena);
  return name.kind() == ValueKind::kString ? std::string(name.string()) : std::string();
}

}  // namespace junctor::engine
