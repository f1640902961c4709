#include "engine/gateway/native_spending.h"

#include <array>
#include <memory>
#include <memory_resource>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/prices/custom_cost.h"
#include "engine/providers/chat/openai_usage.h"
#include "runtime/request/body_index.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {
namespace {

// Usage stands in the last event of a stream, or behind the text of an answer.
constexpr size_t kTailBytes = 16 * 1024;

}  // namespace

NativeSpending::NativeSpending(Worker* worker, RequestLimits* limits, const NativeRequest* request,
                               RequestLog* log)
    : worker_(worker), limits_(limits), request_(request), log_(log) {
  const GatewayView* gateway = limits->gateway();
  if (gateway == nullptr || gateway->spend_rules.empty()) return;
  const net::HeaderList& headers = request->head->headers;
  if (const std::string_view* header = headers.Find("cf-aig-metadata")) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*header);
    if (metadata.ok()) metadata_ = *std::move(metadata);
  }
  std::optional<PriceSet> custom;
  if (const std::string_view* header = headers.Find("cf-aig-custom-cost")) {
    absl::StatusOr<PriceSet> cost = ParseCustomCost(*header);
    if (cost.ok()) custom = *cost;
  }
  model_ = ModelOfNativeRequest(request->rest, request->body);
  spending_.emplace(
      limits->backend(), &worker->shared->prices, custom,
      SpendLimits(gateway, limits->gateway_name(), metadata_.has_value() ? &*metadata_ : nullptr));
}

NativeSpending::~NativeSpending() {
  if (!answered_ || !spending_.has_value() || !spending_->counts()) return;
  const std::string& slug = request_->provider->record->slug;
  spending_->Charge(slug, model_, UsageAtEnd(tail_, slug), request_->body.size(), answer_bytes_,
                    absl::GetCurrentTimeNanos());
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
  answer_bytes_ += piece.size();
  if (piece.size() >= kTailBytes) {
    tail_ = piece.substr(piece.size() - kTailBytes);
    return;
  }
  tail_.append(piece);
  // Cut seldom, so that small pieces cost no copies each.
  if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
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

std::optional<Usage> UsageAtEnd(std::string_view tail, std::string_view provider) {
  constexpr std::string_view kKey = "\"usage\"";
  const size_t key = tail.rfind(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  std::string_view rest = tail.substr(key + kKey.size());
  const size_t begin = rest.find_first_not_of(" \t\r\n:");
  if (begin == std::string_view::npos || rest[begin] != '{') return std::nullopt;
  rest.remove_prefix(begin);
  // Usage objects hold numbers and objects of numbers.
  size_t depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '{') ++depth;
    if (rest[i] == '}' && --depth == 0) return ReadOpenAiUsage(rest.substr(0, i + 1), provider);
  }
  return std::nullopt;
}

}  // namespace junctor::engine
