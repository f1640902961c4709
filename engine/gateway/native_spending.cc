#include "engine/gateway/native_spending.h"

#include <algorithm>
#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/prices/custom_cost.h"
#include "engine/providers/chat/stream_usage.h"
#include "engine/providers/native/native_path.h"
#include "runtime/request/body_index.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {
namespace {

// Some providers read a document behind it, so that it must not hide the model.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Providers put up with escapes and empty segments, which must not hide the model from its rules.
std::string ModelOfPath(std::string_view path) {
  path = path.substr(0, path.find('?'));
  std::string before;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    std::string segment = PercentDecoded(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (segment.empty()) continue;
    if (before == "model" || before == "deployments") return segment;
    if (before == "models") return segment.substr(0, segment.find(':'));
    before = std::move(segment);
  }
  return {};
}

// Reads the top level of a body; false where it is no JSON object.
bool ScanBody(std::string_view body, std::string* padded, BodyIndex* index) {
  padded->assign(body);
  padded->append(kBodyPadding, ' ');
  BodyScanner scanner;
  return scanner.Scan(std::string_view(*padded).substr(0, body.size()), index).ok();
}

}  // namespace

NativeSpending::NativeSpending(Worker* worker, RequestLimits* limits, NativeRequest* request,
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
  entries_ = spending_->rules().EntriesOf(request->provider->record->slug, model_);
  if (entries_.empty()) return;
  request_->reads_answer = true;
  asks_for_usage_ = AskForUsage();
}

NativeSpending::~NativeSpending() {
  if (!answer_.has_value() || !spending_->counts()) return;
  spending_->Charge(&claim_, request_->provider->record->slug, model_, answer_->Find(),
                    request_->body.size(), answer_->answer_bytes(), absl::GetCurrentTimeNanos());
  log_->SetCost(spending_->total(), spending_->is_estimated());
}

net::Awaitable<std::optional<GatewayRefusal>> NativeSpending::Ask() {
  if (entries_.empty()) co_return std::nullopt;
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = absl::GetCurrentTimeNanos();
  for (const SpendLimits::Entry* entry : entries_) batch->Add(spending_->rules().AskOf(*entry));
  co_await AskBatch(limits_->backend(), worker_->loop, batch);
  for (size_t i = 0; i < entries_.size(); ++i) {
    LimitVerdict& verdict = batch->verdicts[i];
    if (!verdict.answer.admitted) {
      co_return SpendRefusal(entries_[i]->rule->id, verdict.answer.retry_after_ms);
    }
    entries_[i]->ticket = std::move(verdict.ticket);
  }
  co_return std::nullopt;
}

bool NativeSpending::AskForUsage() {
  const ChatFormat format = request_->provider->record->format;
  if (format != ChatFormat::kOpenAi && format != ChatFormat::kAzure) return false;
  if (!request_->has_body || !request_->rest.ends_with("/completions")) return false;
  std::string padded;
  BodyIndex index;
  if (!ScanBody(request_->body, &padded, &index)) return false;
  asking_body_ =
      BodyAskingForUsage(std::string_view(padded).substr(0, request_->body.size()), index);
  if (asking_body_.empty()) return false;
  request_->body = asking_body_;
  return true;
}

bool NativeSpending::Begin(const net::HeaderList& headers) {
  if (entries_.empty()) return false;
  const ProviderRecord& record = *request_->provider->record;
  answer_.emplace(record.format, record.slug, asks_for_usage_);
  return answer_->Begin(headers);
}

std::string_view NativeSpending::Take(std::string_view piece, bool is_last) {
  return answer_.has_value() ? answer_->Take(piece, is_last) : piece;
}

std::string ModelOfNativeRequest(std::string_view path, std::string_view body) {
  if (std::string model = ModelOfPath(path); !model.empty()) return model;
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  if (body.empty()) return {};
  std::string padded;
  BodyIndex index;
  if (!ScanBody(body, &padded, &index)) return {};
  const std::string_view model = index.Find("model");
  if (model.empty()) return {};
  std::pmr::monotonic_buffer_resource arena;
  const Value name = ReadJson(model, &arena);
  return name.kind() == ValueKind::kString ? std::string(name.string()) : std::string();
}

}  // namespace junctor::engine
