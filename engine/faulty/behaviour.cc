#include "engine/faulty/behaviour.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace junctor::engine {
namespace {

// Of every number in a name: a week in milliseconds, more tokens than anybody reads.
constexpr uint64_t kMaxNumber = 604'800'000;
// Above these a mistyped name would fill the machine's memory.
constexpr uint64_t kMaxMebibytes = 1024;
constexpr uint64_t kMaxTokens = 100'000;
constexpr uint64_t kMaxComments = 1000;
constexpr uint64_t kMinStatus = 200;
constexpr uint64_t kMaxStatus = 599;

constexpr std::array kBehaviours = {
#define JUNCTOR_FAULTY(kind, name, what) BehaviourInfo{BehaviourKind::kind, name, what},
#include "engine/faulty/behaviours.def"
#undef JUNCTOR_FAULTY
};

std::string_view TakeWord(std::string_view* text) {
  const size_t dash = std::min(text->find('-'), text->size());
  const std::string_view word = text->substr(0, dash);
  text->remove_prefix(std::min(dash + 1, text->size()));
  return word;
}

// The numbers that stand for the placeholders of `pattern` in `name`, or nothing where it is not of
// that pattern.
std::optional<std::array<uint64_t, 2>> Match(std::string_view pattern, std::string_view name) {
  std::array<uint64_t, 2> numbers{};
  size_t count = 0;
  while (!pattern.empty()) {
    if (name.empty()) return std::nullopt;
    const std::string_view expected = TakeWord(&pattern);
    if (expected == "<text>") return numbers;
    const std::string_view word = TakeWord(&name);
    if (!expected.starts_with('<')) {
      if (word != expected) return std::nullopt;
      continue;
    }
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    numbers.at(count++) = number;
  }
  if (!name.empty()) return std::nullopt;
  return numbers;
}

absl::Status CheckNumbers(const BehaviourInfo& info, const std::array<uint64_t, 2>& numbers) {
  uint64_t least = 0;
  uint64_t most = kMaxNumber;
  uint64_t checked = numbers[0];
  if (info.kind == BehaviourKind::kGiganticChunk) most = kMaxMebibytes;
  if (info.kind == BehaviourKind::kTokens) most = kMaxTokens;
  if (info.kind == BehaviourKind::kComments) most = kMaxComments;
  if (info.kind == BehaviourKind::kFail) checked = numbers[1];
  if (info.kind == BehaviourKind::kStatus || info.kind == BehaviourKind::kStatusRetryAfter ||
      info.kind == BehaviourKind::kFail) {
    least = kMinStatus;
    most = kMaxStatus;
  }
  if (checked >= least && checked <= most && std::max(numbers[0], numbers[1]) <= kMaxNumber) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("`" + std::string(info.name) + "`: expected a number from " +
                                    std::to_string(least) + " to " + std::to_string(most) +
                                    ", found " + std::to_string(checked));
}

}  // namespace

std::span<const BehaviourInfo> AllBehaviours() { return kBehaviours; }

absl::StatusOr<Behaviour> Behaviour::Parse(std::string_view name) {
  const size_t slash = name.rfind('/');
  std::string_view rest = slash == name.npos ? name : name.substr(slash + 1);
  Behaviour behaviour;
  do {
    const size_t end = std::min(rest.find_first_of("+."), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    bool known = false;
    for (const BehaviourInfo& info : kBehaviours) {
      const std::optional<std::array<uint64_t, 2>> numbers = Match(info.name, word);
      if (!numbers.has_value()) continue;
      if (absl::Status status = CheckNumbers(info, *numbers); !status.ok()) return status;
      behaviour.parts_.push_back({info.kind, *numbers});
      known = true;
      break;
    }
    if (!known) return absl::NotFoundError("no behaviour is called `" + std::string(word) + "`");
  } while (!rest.empty());
  return behaviour;
}

const Behaviour::Part* Behaviour::Find(BehaviourKind kind) const {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [kind](const Part& part) { return part.kind == kind; });
  return found == parts_.end() ? nullptr : &*found;
}

bool Behaviour::Has(BehaviourKind kind) const { return Find(kind) != nullptr; }

uint64_t Behaviour::Number(BehaviourKind kind, size_t index) const {
  const Part* part = Find(kind);
  return part == nullptr ? 0 : part->numbers.at(index);
}

}  // namespace junctor::engine
