// See call_bound.h.
#include "engine/prices/call_bound.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "engine/prices/cost.h"
#include "engine/prices/output_limit.h"

namespace junctor::engine {
namespace {

constexpr int64_t kSecondsOfDay = 86'400;
constexpr int64_t kNanosecondsOfMillisecond = 1'000'000;

// A whole number, also as a string: some providers read that.
std::optional<uint64_t> ReadTokens(const BodyIndex& index, std::string_view key) {
  std::string_view text = index.Find(key);
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  uint64_t tokens = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tokens);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return tokens;
}

// What `index` says, over what `size` has.
void ReadBounds(const BodyIndex& index, CallSize* size) {
  if (const auto tokens = ReadTokens(index, "max_tokens")) size->max_tokens = tokens;
  if (const auto tokens = ReadTokens(index, "max_completion_tokens")) {
    size->max_completion_tokens = tokens;
  }
  if (const std::string_view choices = index.Find("n"); !choices.empty() && choices != "null") {
    size->choices = std::max<uint64_t>(ReadTokens(index, "n").value_or(kMostChoices), 1);
  }
  if (!index.Find("reasoning_effort").empty()) size->thinks = true;
}

// Whether requests for this provider get room for a thinking budget on top of their max_tokens.
bool RaisesMaxTokens(std::string_view provider) {
  return provider == "anthropic" || provider == "aws-bedrock" || provider == "google-vertex-ai";
}

bool IsBase64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=' || c == '\\';
}

size_t CountOf(std::string_view text, std::string_view word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
    ++count;
  }
  return count;
}

// The bytes of pictures that stand in the body as text.
uint64_t PictureBytes(std::string_view body) {
  constexpr std::string_view kBegin = "data:image/";
  constexpr std::string_view kData = ";base64,";
  constexpr size_t kLongestType = 40;
  uint64_t bytes = 0;
  size_t at = body.find(kBegin);
  while (at != body.npos) {
    const size_t data = body.substr(at, kLongestType).find(kData);
    size_t end = at + kBegin.size();
    if (data != body.npos) {
      const size_t begin = at + data + kData.size();
      end = begin;
      while (end < body.size() && IsBase64(body[end])) ++end;
      bytes += end - begin;
    }
    at = body.find(kBegin, end);
  }
  return bytes;
}

// The moments from `begin` on, for `seconds`, at which prices change.
std::vector<int64_t> Moments(const ModelPrice& price, int64_t begin, int64_t seconds) {
  std::vector<int64_t> moments = {begin};
  const int64_t end = begin + seconds;
  for (const PriceChange& change : price.changes) {
    if (change.from_unix_seconds > begin && change.from_unix_seconds <= end) {
      moments.push_back(change.from_unix_seconds);
    }
  }
  const int64_t day = begin - begin % kSecondsOfDay;
  for (const DailyPrices& daily : price.daily) {
    for (const int64_t second : {int64_t{daily.from_second}, int64_t{daily.to_second}}) {
      for (int64_t moment = day + second; moment <= end; moment += kSecondsOfDay) {
        if (moment > begin) moments.push_back(moment);
      }
    }
  }
  return moments;
}

uint64_t SaturatingSum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

uint64_t Product(uint64_t a, uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

}  // namespace

CallSize SizeOfCall(uint64_t body_bytes, const BodyIndex& index) {
  CallSize size;
  size.input_tokens = body_bytes;
  const std::string_view messages = index.Find("messages");
  // The name of a part and that of its member are the same word.
  if (const uint64_t pictures = CountOf(messages, "\"image_url\""); pictures > 0) {
    size.input_tokens += pictures * kTokensPerPicture;
    size.input_tokens -= std::min(size.input_tokens, PictureBytes(messages));
  }
  ReadBounds(index, &size);
  return size;
}

CallSize SizeOfCall(uint64_t body_bytes, std::optional<uint64_t> max_tokens) {
  CallSize size;
  size.input_tokens = body_bytes;
  size.max_tokens = max_tokens;
  return size;
}

CallSize WithParams(const CallSize& size, std::string_view params) {
  CallSize merged = size;
  if (params.empty()) return merged;
  std::string padded(params);
  padded.append(kBodyPadding, ' ');
  BodyScanner scanner;
  BodyIndex index;
  // The compiler has checked that it is an object.
  if (scanner.Scan(std::string_view(padded).substr(0, params.size()), &index).ok()) {
    ReadBounds(index, &merged);
  }
  return merged;
}

uint64_t OutputBound(const CallSize& size, std::string_view provider, std::string_view model,
                     const ModelPrice* price) {
  std::optional<uint64_t> allowed;
  if (size.max_tokens.has_value() || size.max_completion_tokens.has_value()) {
    allowed = std::max(size.max_tokens.value_or(0), size.max_completion_tokens.value_or(0));
  } else if (provider == "anthropic") {
    allowed = size.default_max_tokens;
  }
  if (allowed.has_value()) {
    return size.thinks && RaisesMaxTokens(provider) ? SaturatingSum(*allowed, kMostThinkingTokens)
                                                    : *allowed;
  }
  if (price != nullptr && price->max_output_tokens.has_value()) return *price->max_output_tokens;
  const std::optional<uint64_t> window = price == nullptr ? std::nullopt : price->context_window;
  const uint64_t unknown = window.has_value() ? kLongestAnswerTokens : kUnboundedOutputTokens;
  return std::min(KnownOutputLimit(model).value_or(unknown), window.value_or(UINT64_MAX));
}

NanoDollars BoundOfCall(const PriceBook& book, const std::optional<PriceSet>& custom,
                        std::string_view provider, std::string_view model, const CallSize& size,
                        int64_t unix_seconds, int64_t seconds) {
  const ModelPrice* const price = book.table->Find(provider, model);
  const uint64_t output = Product(OutputBound(size, provider, model, price), size.choices);
  if (custom.has_value()) return UpperBoundOf(*custom, size.input_tokens, output);
  if (price == nullptr) return UpperBoundOf(PricesOf(book.unknown), size.input_tokens, output);
  // A larger tier need not be the dearer one.
  std::vector<uint64_t> inputs = {0, size.input_tokens};
  for (const PriceTier& tier : price->tiers) {
    if (tier.above_input_tokens < size.input_tokens) inputs.push_back(tier.above_input_tokens + 1);
  }
  NanoDollars bound = 0;
  for (const int64_t moment : Moments(*price, unix_seconds, seconds)) {
    for (const uint64_t input : inputs) {
      bound =
          std::max(bound, UpperBoundOf(PricesAt(*price, input, moment), size.input_tokens, output));
    }
  }
  return bound;
}

int64_t HoldLeaseOf(const ProgramParts& parts, int64_t usual_ns) {
  int64_t longest_ns = 0;
  for (const ModelSpec& model : parts.models) {
    longest_ns = std::max(longest_ns, int64_t{model.timeout_ms} * kNanosecondsOfMillisecond);
  }
  return usual_ns + longest_ns;
}

}  // namespace junctor::engine
