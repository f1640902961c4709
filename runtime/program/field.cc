#include "runtime/program/field.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace junctor {
namespace {

// Spellings of FieldRoot, in its order.
constexpr std::array<std::string_view, 4> kRoots = {"body", "headers", "metadata", "request"};

// Spellings of RequestFact, in its order.
constexpr std::array kFacts = {
#define JUNCTOR_REQUEST_FACT(id, name, meaning) std::string_view(name),
#include "runtime/program/request_facts.def"
#undef JUNCTOR_REQUEST_FACT
};

template <size_t kCount>
std::optional<size_t> PositionOf(const std::array<std::string_view, kCount>& names,
                                 std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return i;
  }
  return std::nullopt;
}

template <size_t kCount>
std::vector<std::string> ToStrings(const std::array<std::string_view, kCount>& names) {
  return {names.begin(), names.end()};
}

absl::Status Wrong(std::string_view text, std::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("field `", std::string(text), "`: ", std::string(reason)));
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::string_view RequestFactName(RequestFact fact) { return kFacts[static_cast<size_t>(fact)]; }

const std::vector<std::string>& FieldRootNames() {
  static const std::vector<std::string>* const names = new std::vector(ToStrings(kRoots));
  return *names;
}

const std::vector<std::string>& RequestFactNames() {
  static const std::vector<std::string>* const names = new std::vector(ToStrings(kFacts));
  return *names;
}

absl::StatusOr<std::vector<std::string>> SplitFieldPath(std::string_view path) {
  std::vector<std::string> segments;
  for (size_t begin = 0;;) {
    const size_t dot = path.find('.', begin);
    const std::string_view segment =
        path.substr(begin, dot == std::string_view::npos ? dot : dot - begin);
    if (segment.empty()) return absl::InvalidArgumentError("a segment of its path is empty");
    if (segments.size() == kMaxFieldSegments) {
      return absl::InvalidArgumentError(
          absl::StrCat("its path has more than ", kMaxFieldSegments, " segments"));
    }
    segments.emplace_back(segment);
    if (dot == std::string_view::npos) return segments;
    begin = dot + 1;
  }
}

absl::StatusOr<Field> ParseField(std::string_view text) {
  const size_t dot = text.find('.');
  const std::string_view root = text.substr(0, dot);
  const std::optional<size_t> position = PositionOf(kRoots, root);
  if (!position) {
    return Wrong(text, absl::StrCat("unknown root `", std::string(root),
                                    "`: expected body, headers, metadata or request"));
  }
  const std::string_view rest =
      dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  if (rest.empty()) {
    return Wrong(text, absl::StrCat("nothing follows the root: expected `", std::string(root),
                                    ".` and a name"));
  }

  Field field;
  field.root = static_cast<FieldRoot>(*position);
  field.text = text;
  switch (field.root) {
    case FieldRoot::kBody: {
      absl::StatusOr<std::vector<std::string>> segments = SplitFieldPath(rest);
      if (!segments.ok()) return Wrong(text, std::string(segments.status().message()));
      field.segments = *std::move(segments);
      break;
    }
    case FieldRoot::kHeaders:
      field.segments.push_back(LowerCase(rest));
      break;
    case FieldRoot::kMetadata:
      field.segments.emplace_back(rest);
      break;
    case FieldRoot::kRequest: {
      const std::optional<size_t> fact = PositionOf(kFacts, rest);
      if (!fact) return Wrong(text, absl::StrCat("unknown fact `", std::string(rest), "`"));
      field.fact = static_cast<RequestFact>(*fact);
      field.segments.emplace_back(rest);
      break;
    }
  }
  return field;
}

}  // namespace junctor
