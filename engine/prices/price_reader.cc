// See price_reader.h. Reads with simdjson's On-Demand parser, which gives numbers as they are
// written; a DOM would give them as doubles.
#include "engine/prices/price_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "engine/prices/json_values.h"

namespace junctor::engine {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

constexpr uint32_t kDaySeconds = 86'400;

// "2027-01-01" as the first second of that day.
std::optional<int64_t> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int numbers[3] = {};
  const std::pair<size_t, size_t> parts[3] = {{0, 4}, {5, 2}, {8, 2}};
  for (size_t i = 0; i < 3; ++i) {
    const char* begin = text.data() + parts[i].first;
    const char* end = begin + parts[i].second;
    if (*begin == '-') return std::nullopt;
    const auto [stop, error] = std::from_chars(begin, end, numbers[i]);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(numbers[0]),
                                         std::chrono::month(static_cast<unsigned>(numbers[1])),
                                         std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (!date.ok()) return std::nullopt;
  return int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * kDaySeconds;
}

// "16:30:00Z" as seconds of the day.
std::optional<uint32_t> ParseTimeOfDay(std::string_view text) {
  if (text.size() != 9 || text[2] != ':' || text[5] != ':' || text[8] != 'Z') return std::nullopt;
  uint32_t numbers[3] = {};
  for (size_t i = 0; i < 3; ++i) {
    const char* begin = text.data() + 3 * i;
    const auto [stop, error] = std::from_chars(begin, begin + 2, numbers[i]);
    if (error != std::errc() || stop != begin + 2) return std::nullopt;
  }
  if (numbers[0] > 23 || numbers[1] > 59 || numbers[2] > 59) return std::nullopt;
  return numbers[0] * 3600 + numbers[1] * 60 + numbers[2];
}

// Reads one file. Every function returns what is wrong, told from inside to outside: the innermost
// says what was expected, each one around it puts the place before that.
class PriceReader {
 public:
  using Entries = std::vector<std::shared_ptr<const ModelPrice>>;

  absl::StatusOr<Entries> Read(std::string_view json) {
    if (json.size() > kMaxPriceFileBytes) {
      return absl::InvalidArgumentError("expected at most " + std::to_string(kMaxPriceFileBytes) +
                                        " bytes, found " + std::to_string(json.size()));
    }
    const simdjson::padded_string padded(json);
    simdjson::ondemand::parser parser;
    if (const auto error = parser.iterate(padded).get(document_)) return NotJson(error);
    const absl::Status read = ReadDocument();
    if (!read.ok()) return Located(padded, read);
    return std::move(entries_);
  }

 private:
  // The text itself is broken, so that the place of the error is one in the text.
  absl::Status NotJson(simdjson::error_code error) {
    broken_ = true;
    return absl::InvalidArgumentError(std::string("not valid JSON: ") +
                                      simdjson::error_message(error));
  }

  absl::Status Located(const simdjson::padded_string& text, const absl::Status& status) {
    const char* at = nullptr;
    if (!broken_ || document_.current_location().get(at) != simdjson::SUCCESS) return status;
    if (at < text.data() || at > text.data() + text.size()) return status;
    const std::string_view before(text.data(), static_cast<size_t>(at - text.data()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    return absl::InvalidArgumentError(std::string(status.message()) + " (near line " +
                                      std::to_string(line) + ")");
  }

  static absl::Status Expected(const std::string& what, value found) {
    return absl::InvalidArgumentError("expected " + what + ", found " + DescribeValue(found));
  }
  static absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }
  static absl::Status In(const std::string& place, const absl::Status& status) {
    return absl::InvalidArgumentError(place + ": " + std::string(status.message()));
  }
  static absl::Status InField(std::string_view field, const absl::Status& status) {
    return In("`" + std::string(field) + "`", status);
  }

  // Calls `read(key, value)` for each member of an object; a key that comes twice is an error.
  template <typename Read>
  absl::Status ReadMembers(value from, const Read& read) {
    if (!IsOfType(from, json_type::object)) return Expected("an object", from);
    simdjson::ondemand::object object;
    if (const auto error = from.get_object().get(object)) return NotJson(error);
    std::set<std::string> seen;
    for (auto member : object) {
      std::string_view key_view;
      if (const auto error = member.unescaped_key().get(key_view)) return NotJson(error);
      const std::string key(key_view);
      value content;
      if (const auto error = member.value().get(content)) return NotJson(error);
      if (!seen.insert(key).second) return InField(key, Wrong("given twice"));
      if (const absl::Status status = read(key, content); !status.ok()) {
        return InField(key, status);
      }
    }
    return absl::OkStatus();
  }

  // Calls `read(value)` for each element of an array of at most `max`; errors name its number.
  template <typename Read>
  absl::Status ReadElements(value from, size_t max, const Read& read) {
    if (!IsOfType(from, json_type::array)) return Expected("an array", from);
    simdjson::ondemand::array array;
    if (const auto error = from.get_array().get(array)) return NotJson(error);
    size_t number = 0;
    for (auto element : array) {
      value content;
      if (const auto error = element.get(content)) return NotJson(error);
      if (++number > max) return Wrong("expected at most " + std::to_string(max) + " of them");
      if (const absl::Status status = read(content); !status.ok()) {
        return In("number " + std::to_string(number), status);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadText(value from, size_t max, std::string* out) {
    if (!IsOfType(from, json_type::string)) return Expected("a string", from);
    std::string_view text;
    if (const auto error = from.get_string().get(text)) return NotJson(error);
    if (text.empty() || text.size() > max) {
      return Wrong("expected 1 to " + std::to_string(max) + " bytes, found " +
                   std::to_string(text.size()));
    }
    *out = std::string(text);
    return absl::OkStatus();
  }

  absl::Status ReadCount(value from, uint64_t* out) {
    if (!IsOfType(from, json_type::number) || from.get_uint64().get(*out) != simdjson::SUCCESS) {
      return Expected("a whole number of 0 or more", from);
    }
    return absl::OkStatus();
  }

  absl::Status ReadFlag(value from, bool* out) {
    if (!IsOfType(from, json_type::boolean) || from.get_bool().get(*out) != simdjson::SUCCESS) {
      return Expected("true or false", from);
    }
    return absl::OkStatus();
  }

  absl::Status ReadPrice(const PriceKindInfo& kind, value from, PriceSet* prices) {
    if (!IsOfType(from, json_type::number)) {
      return Expected("a number of dollars from 0 to " + DollarsText(kind.max()), from);
    }
    const absl::StatusOr<ParsedPrice> price = ParsePrice(ScalarText(from), kind.max());
    if (!price.ok()) return price.status();
    if (!price->exact) ++source_->rounded_prices;
    prices->Set(kind.kind, price->price);
    return absl::OkStatus();
  }

  // A member that may be a price, else is unknown. `others` are the members that the caller knows.
  absl::Status ReadPriceOrRefuse(const std::string& key, std::string_view others, value from,
                                 PriceSet* prices) {
    if (const PriceKindInfo* kind = FindPriceKind(key)) return ReadPrice(*kind, from, prices);
    std::string known(others);
    for (const PriceKindInfo& info : kPriceKinds) known += ", " + std::string(info.field);
    return Wrong("unknown field; known are " + known);
  }

  absl::Status ReadTier(value from, PriceTier* tier) {
    std::optional<uint64_t> above;
    const absl::Status status = ReadMembers(from, [&](const std::string& key, value content) {
      if (key == "above_input_tokens") return ReadCount(content, &above.emplace());
      return ReadPriceOrRefuse(key, "above_input_tokens", content, &tier->prices);
    });
    if (!status.ok()) return status;
    if (!above.has_value()) return Wrong("`above_input_tokens` is missing");
    tier->above_input_tokens = *above;
    return tier->prices.empty() ? Wrong("has no price") : absl::OkStatus();
  }

  absl::Status ReadChange(value from, PriceChange* change) {
    const absl::Status status = ReadMembers(from, [&](const std::string& key, value content) {
      if (key != "from") return ReadPriceOrRefuse(key, "from", content, &change->prices);
      const absl::Status text = ReadText(content, kMaxModelBytes, &change->from);
      if (!text.ok()) return text;
      const std::optional<int64_t> seconds = ParseDate(change->from);
      if (!seconds.has_value()) {
        return Wrong("expected a date as in 2027-01-01, found `" + change->from + "`");
      }
      change->from_unix_seconds = *seconds;
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    if (change->from.empty()) return Wrong("`from` is missing");
    return change->prices.empty() ? Wrong("has no price") : absl::OkStatus();
  }

  absl::Status ReadTimeOfDay(value from, std::optional<uint32_t>* out) {
    std::string text;
    const absl::Status status = ReadText(from, kMaxModelBytes, &text);
    if (!status.ok()) return status;
    *out = ParseTimeOfDay(text);
    if (out->has_value()) return absl::OkStatus();
    return Wrong("expected a time in UTC as in 16:30:00Z, found `" + text + "`");
  }

  absl::Status ReadDaily(value from, DailyPrices* daily) {
    std::optional<uint32_t> begin;
    std::optional<uint32_t> end;
    const absl::Status status = ReadMembers(from, [&](const std::string& key, value content) {
      if (key == "utc_from") return ReadTimeOfDay(content, &begin);
      if (key == "utc_to") return ReadTimeOfDay(content, &end);
      return ReadPriceOrRefuse(key, "utc_from, utc_to", content, &daily->prices);
    });
    if (!status.ok()) return status;
    if (!begin.has_value()) return Wrong("`utc_from` is missing");
    if (!end.has_value()) return Wrong("`utc_to` is missing");
    if (*begin == *end) return Wrong("begins and ends at the same time");
    daily->from_second = *begin;
    daily->to_second = *end;
    return daily->prices.empty() ? Wrong("has no price") : absl::OkStatus();
  }

  // `inside` a rule `and`: rules do not nest deeper than that.
  absl::Status ReadRule(value from, bool inside, std::vector<MatchRule>* rules) {
    size_t members = 0;
    const absl::Status status = ReadMembers(from, [&](const std::string& key, value content) {
      MatchRule::Kind kind{};
      if (!MatchRule::KindOf(key, &kind)) {
        return Wrong("unknown rule; known are " + MatchRule::Keys());
      }
      if (++members > 1) return Wrong("expected one rule in an object, found a second one");
      if (kind == MatchRule::Kind::kAll) return ReadAll(content, inside, rules);
      std::string text;
      absl::Status read = ReadText(content, MatchRule::kMaxTextBytes, &text);
      if (!read.ok()) return read;
      if (kind == MatchRule::Kind::kRegex && ++regexes_ > kMaxRegexesOfFile) {
        return Wrong("expected at most " + std::to_string(kMaxRegexesOfFile) +
                     " regular expressions in the file");
      }
      absl::StatusOr<MatchRule> rule = MatchRule::Make(kind, text);
      if (!rule.ok()) return absl::Status(rule.status());
      rules->push_back(std::move(*rule));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return members == 0 ? Wrong("expected one of " + MatchRule::Keys() + ", found nothing")
                        : absl::OkStatus();
  }

  absl::Status ReadAll(value from, bool inside, std::vector<MatchRule>* rules) {
    if (inside) return Wrong("does not go into another `and`");
    std::vector<MatchRule> parts;
    const absl::Status status = ReadElements(
        from, kMaxRulesOfEntry, [&](value content) { return ReadRule(content, true, &parts); });
    if (!status.ok()) return status;
    if (parts.empty()) return Wrong("expected rules, found none");
    rules->push_back(MatchRule::All(std::move(parts)));
    return absl::OkStatus();
  }

  template <typename Variant>
  absl::Status ReadVariants(value from, std::vector<Variant>* out,
                            absl::Status (PriceReader::*read)(value, Variant*)) {
    return ReadElements(from, kMaxVariantsOfEntry, [&](value content) {
      return (this->*read)(content, &out->emplace_back());
    });
  }

  absl::Status ReadEntryMember(const std::string& key, value content, ModelPrice* entry) {
    if (key == "provider") return ReadText(content, kMaxProviderBytes, &entry->provider);
    if (key == "model") return ReadText(content, kMaxModelBytes, &entry->model);
    if (key == "via") return ReadText(content, kMaxProviderBytes, &entry->via);
    if (key == "context_window") return ReadCount(content, &entry->context_window.emplace());
    if (key == "max_output_tokens") return ReadCount(content, &entry->max_output_tokens.emplace());
    if (key == "deprecated") return ReadFlag(content, &entry->deprecated);
    if (key == "tiers") return ReadVariants(content, &entry->tiers, &PriceReader::ReadTier);
    if (key == "changes") return ReadVariants(content, &entry->changes, &PriceReader::ReadChange);
    if (key == "time_of_day") return ReadVariants(content, &entry->daily, &PriceReader::ReadDaily);
    if (key == "match") {
      entry->has_match = true;
      return ReadElements(content, kMaxRulesOfEntry,
                          [&](value rule) { return ReadRule(rule, false, &entry->match); });
    }
    return ReadPriceOrRefuse(key,
                             "provider, model, via, match, context_window, max_output_tokens, "
                             "deprecated, tiers, changes, time_of_day",
                             content, &entry->prices);
  }

  // Checks what only shows once the whole entry is read, and puts its variants in order.
  absl::Status Finish(ModelPrice* entry) {
    if (entry->provider.empty()) return Wrong("`provider` is missing");
    if (entry->model.empty()) return Wrong("`model` is missing");
    if (entry->prices.empty()) return Wrong("has no price");
    const auto [other, fresh] =
        numbers_.try_emplace(std::tuple(entry->provider, entry->via, FoldedModelName(entry->model)),
                             entries_.size() + 1);
    if (!fresh) return Wrong("names the same model as entry " + std::to_string(other->second));
    std::stable_sort(entry->tiers.begin(), entry->tiers.end(),
                     [](const PriceTier& a, const PriceTier& b) {
                       return a.above_input_tokens < b.above_input_tokens;
                     });
    std::stable_sort(entry->changes.begin(), entry->changes.end(),
                     [](const PriceChange& a, const PriceChange& b) {
                       return a.from_unix_seconds < b.from_unix_seconds;
                     });
    entry->source = source_;
    return absl::OkStatus();
  }

  absl::Status ReadEntry(value from) {
    auto entry = std::make_shared<ModelPrice>();
    absl::Status status = ReadMembers(from, [&](const std::string& key, value content) {
      return ReadEntryMember(key, content, entry.get());
    });
    if (status.ok()) status = Finish(entry.get());
    if (!status.ok()) {
      std::string place = "entry " + std::to_string(entries_.size() + 1);
      if (!entry->provider.empty() && !entry->model.empty()) {
        place += " (" + entry->provider + "/" + entry->model + ")";
      }
      return In(place, status);
    }
    entries_.push_back(std::move(entry));
    return absl::OkStatus();
  }

  absl::Status ReadEntries(value from) {
    if (!IsOfType(from, json_type::array)) return Expected("an array", from);
    simdjson::ondemand::array array;
    if (const auto error = from.get_array().get(array)) return NotJson(error);
    for (auto element : array) {
      value content;
      if (const auto error = element.get(content)) return NotJson(error);
      if (entries_.size() == kMaxPriceEntries) {
        return Wrong("expected at most " + std::to_string(kMaxPriceEntries) + " entries");
      }
      if (const absl::Status status = ReadEntry(content); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Most of a header is for people; only what a price's origin is told by is read.
  absl::Status ReadHeader(value from) {
    return ReadMembers(from, [&](const std::string& key, value content) {
      constexpr size_t kMaxBytes = 1024;
      if (key == "source") return ReadText(content, kMaxBytes, &source_->name);
      if (key == "source_version") return ReadText(content, kMaxBytes, &source_->version);
      if (key == "source_published") return ReadText(content, kMaxBytes, &source_->published);
      return absl::OkStatus();
    });
  }

  absl::Status ReadDocument() {
    value root;
    if (const auto error = document_.get_value().get(root)) {
      if (error == simdjson::SCALAR_DOCUMENT_AS_VALUE) return Wrong("expected an object");
      return NotJson(error);
    }
    bool has_models = false;
    const absl::Status status = ReadMembers(root, [&](const std::string& key, value content) {
      if (key == "header") return ReadHeader(content);
      if (key != "models") return Wrong("unknown key; known are header and models");
      has_models = true;
      return ReadEntries(content);
    });
    if (!status.ok()) return status;
    if (!IsAtEnd(&document_)) return Wrong("not valid JSON: text behind the closing brace");
    return has_models ? absl::OkStatus() : Wrong("`models` is missing");
  }

  simdjson::ondemand::document document_;
  bool broken_ = false;
  std::shared_ptr<PriceSource> source_ = std::make_shared<PriceSource>();
  Entries entries_;
  std::map<std::tuple<std::string, std::string, std::string>, size_t> numbers_;  // of entries
  size_t regexes_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<std::shared_ptr<const ModelPrice>>> ReadPriceFile(
    std::string_view json) {
  return PriceReader().Read(json);
}

}  // namespace junctor::engine
