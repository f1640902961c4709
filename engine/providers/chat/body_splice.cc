#include "engine/providers/body_splice.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

std::string QuoteJson(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  });
  if (plain) {
    std::string quoted;
    quoted.reserve(text.size() + 2);
    quoted.append(1, '"').append(text).append(1, '"');
    return quoted;
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

// One key whose value is replaced or added.
struct Override {
  std::string key;
  std::string value;
  bool placed = false;
};

absl::Status ReadParams(std::string_view params, std::vector<Override>* overrides) {
  BodyScanner scanner;
  std::string padded(params);
  padded.append(kBodyPadding, ' ');
  BodyIndex index;
  if (absl::Status status = scanner.Scan(std::string_view(padded).substr(0, params.size()), &index);
      !status.ok()) {
    return absl::InvalidArgumentError("params: " + std::string(status.message()));
  }
  for (const BodyIndex::Entry& entry : index.entries()) {
    overrides->push_back({std::string(entry.key), std::string(entry.value)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SplicedBody> SplicedBody::Make(std::string_view body, const BodyIndex& index,
                                              std::string_view model, std::string_view params) {
  std::vector<Override> overrides;
  overrides.push_back({"model", QuoteJson(model)});
  if (!params.empty()) {
    if (absl::Status status = ReadParams(params, &overrides); !status.ok()) return status;
  }
  SplicedBody result;
  result.owned_.reserve(overrides.size() + 1);
  for (Override& override : overrides) result.owned_.push_back(std::move(override.value));
  size_t taken = 0;  // bytes of the body that are placed or replaced already
  for (const BodyIndex::Entry& entry : index.entries()) {
    const auto match = std::find_if(overrides.begin(), overrides.end(),
                                    [&entry](const Override& o) { return o.key == entry.key; });
    if (match == overrides.end()) continue;
    const size_t begin = static_cast<size_t>(entry.value.data() - body.data());
    result.pieces_.push_back(body.substr(taken, begin - taken));
    result.pieces_.push_back(result.owned_[static_cast<size_t>(match - overrides.begin())]);
    match->placed = true;
    taken = begin + entry.value.size();
  }
  std::string added;
  for (size_t i = 0; i < overrides.size(); ++i) {
    if (overrides[i].placed) continue;
    added.append(",").append(QuoteJson(overrides[i].key)).append(":").append(result.owned_[i]);
  }
  const size_t close = body.rfind('}');
  if (!added.empty() && close != std::string_view::npos) {
    result.pieces_.push_back(body.substr(taken, close - taken));
    result.pieces_.push_back(result.owned_.emplace_back(std::move(added)));
    taken = close;
  }
  result.pieces_.push_back(body.substr(taken));
  for (std::string_view piece : result.pieces_) result.size_ += piece.size();
  return result;
}

}  // namespace junctor::engine
