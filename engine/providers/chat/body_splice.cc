#include "engine/providers/chat/body_splice.h"

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
    const bool is_there = std::any_of(overrides->begin(), overrides->end(),
                                      [&entry](const Override& o) { return o.key == entry.key; });
    if (!is_there) overrides->push_back({std::string(entry.key), std::string(entry.value)});
  }
  return absl::OkStatus();
}

// What becomes of a key.
struct KeyFate {
  bool dropped = false;
  std::string_view new_name;  // empty: it keeps its own
};

// The edits of one body, with what the result would hold without them.
class KeyEdits {
 public:
  KeyEdits(std::span<const RequestEdit> edits, const BodyIndex& index,
           const std::vector<Override>& overrides)
      : edits_(edits), index_(index), overrides_(overrides) {}

  KeyFate Of(std::string_view key) const {
    for (const RequestEdit& edit : edits_) {
      if (edit.field != key) continue;
      if (edit.action == RequestEditAction::kDrop || Holds(edit.new_name)) return {true, {}};
      return {false, edit.new_name};
    }
    return {};
  }

 private:
  bool Holds(std::string_view key) const {
    return std::any_of(index_.entries().begin(), index_.entries().end(),
                       [key](const BodyIndex::Entry& entry) { return entry.key == key; }) ||
           std::any_of(overrides_.begin(), overrides_.end(),
                       [key](const Override& o) { return o.key == key; });
  }

  std::span<const RequestEdit> edits_;
  const BodyIndex& index_;
  const std::vector<Override>& overrides_;
};

// Where one member of the body's object stands, as offsets into the body.
struct MemberPlace {
  size_t previous_end;  // after the value before it, or after the `{`
  size_t key;           // its key's opening quote
  size_t value;
  size_t end;
};

MemberPlace PlaceOf(std::string_view body, std::string_view value, size_t previous_end) {
  const size_t begin = static_cast<size_t>(value.data() - body.data());
  // Between two values there are only white space, a comma, a key and a colon.
  return {previous_end, body.find('"', previous_end), begin, begin + value.size()};
}

}  // namespace

absl::StatusOr<SplicedBody> SplicedBody::Make(std::string_view body, const BodyIndex& index,
                                              std::string_view model, std::string_view params,
                                              std::span<const RequestEdit> edits) {
  std::vector<Override> overrides;
  overrides.push_back({"model", QuoteJson(model)});
  if (!params.empty()) {
    if (absl::Status status = ReadParams(params, &overrides); !status.ok()) return status;
  }
  const KeyEdits key_edits(edits, index, overrides);
  SplicedBody result;
  // Replaced values, new names (a key that comes twice gets its name twice), and what is added.
  result.owned_.reserve(overrides.size() + (edits.empty() ? 0 : index.entries().size()) + 1);
  for (Override& override : overrides) result.owned_.push_back(std::move(override.value));
  const size_t open = body.find('{');
  size_t previous_end = open + 1;
  size_t taken = 0;  // bytes of the body that are placed, replaced or left out already
  bool any_kept = false;
  for (const BodyIndex::Entry& entry : index.entries()) {
    const MemberPlace place = PlaceOf(body, entry.value, previous_end);
    previous_end = place.end;
    const KeyFate fate = key_edits.Of(entry.key);
    const auto match = std::find_if(overrides.begin(), overrides.end(),
                                    [&entry](const Override& o) { return o.key == entry.key; });
    if (match != overrides.end()) match->placed = true;
    if (fate.dropped) {
      // The comma before it goes along.
      result.Add(body.substr(taken, place.previous_end - taken));
      taken = place.end;
      continue;
    }
    if (!any_kept && place.previous_end != open + 1) {
      // All before it have gone: the comma before this one goes too.
      taken = place.key;
    }
    any_kept = true;
    if (!fate.new_name.empty()) {
      result.Add(body.substr(taken, place.key - taken));
      result.Add(result.owned_.emplace_back(QuoteJson(fate.new_name)));
      taken = body.rfind('"', place.value - 1) + 1;
    }
    if (match == overrides.end()) continue;
    result.Add(body.substr(taken, place.value - taken));
    result.Add(result.owned_[static_cast<size_t>(match - overrides.begin())]);
    taken = place.end;
  }
  std::string added;
  for (size_t i = 0; i < overrides.size(); ++i) {
    const KeyFate fate = key_edits.Of(overrides[i].key);
    if (overrides[i].placed || fate.dropped) continue;
    if (any_kept || !added.empty()) added.append(",");
    added.append(QuoteJson(fate.new_name.empty() ? overrides[i].key : fate.new_name))
        .append(":")
        .append(result.owned_[i]);
  }
  const size_t close = body.rfind('}');
  if (!added.empty() && close != std::string_view::npos) {
    result.Add(body.substr(taken, close - taken));
    result.Add(result.owned_.emplace_back(std::move(added)));
    taken = close;
  }
  result.Add(body.substr(taken));
  return result;
}

void SplicedBody::Add(std::string_view piece) {
  if (piece.empty()) return;
  pieces_.push_back(piece);
  size_ += piece.size();
}

}  // namespace junctor::engine
