// See price_report.h.
#include "engine/cli/price_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr size_t kLabelWidth = 22;  // of what stands before a value

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string Line(const std::string& label, const std::string& value) {
  return "  " + Padded(label, kLabelWidth) + value + "\n";
}

std::string PricesText(const PriceSet& prices) {
  std::string text;
  for (const PriceKindInfo& info : kPriceKinds) {
    const std::optional<AttoDollars>& price = prices[info.kind];
    if (!price.has_value()) continue;
    text += Line(std::string(info.label),
                 info.unit == PriceUnit::kToken
                     ? "$" + DollarsText(absl::uint128(*price) * kMillion) + " per million tokens"
                     : "$" + DollarsText(*price) + " each");
  }
  return text;
}

std::string TimeOfDay(uint32_t second, bool exact) {
  const std::array<uint32_t, 3> parts = {second / 3600, second / 60 % 60, second % 60};
  std::string text;
  for (size_t i = 0; i < (exact ? 3U : 2U); ++i) {
    if (i > 0) text += ':';
    if (parts[i] < 10) text += '0';
    text += std::to_string(parts[i]);
  }
  return text;
}

std::string Window(const DailyPrices& daily) {
  const bool exact = daily.from_second % 60 != 0 || daily.to_second % 60 != 0;
  return "from " + TimeOfDay(daily.from_second, exact) + " to " +
         TimeOfDay(daily.to_second, exact) + " UTC";
}

std::string SourceText(const PriceSource& source) {
  std::string text = source.name.empty() ? "not told" : source.name;
  if (!source.version.empty()) text += ", version " + source.version;
  if (!source.published.empty()) text += " of " + source.published;
  return text;
}

// Builds one JSON object, member by member.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value) {
    Key(key);
    AppendJsonString(&text_, value);
    return *this;
  }
  JsonObject& Count(std::string_view key, uint64_t value) {
    Key(key);
    AppendJsonUnsigned(&text_, value);
    return *this;
  }
  // `value` is JSON.
  JsonObject& Raw(std::string_view key, const std::string& value) {
    Key(key);
    text_ += value;
    return *this;
  }
  JsonObject& Prices(const PriceSet& prices) {
    for (const PriceKindInfo& info : kPriceKinds) {
      if (prices[info.kind].has_value()) Raw(info.field, DollarsText(*prices[info.kind]));
    }
    return *this;
  }
  std::string Close() const { return text_ + "}"; }

 private:
  void Key(std::string_view key) {
    if (text_.size() > 1) text_ += ',';
    AppendJsonString(&text_, key);
    text_ += ':';
  }

  std::string text_ = "{";
};

template <typename Item, typename Write>
std::string JsonArray(const std::vector<Item>& items, const Write& write) {
  std::string text = "[";
  for (const Item& item : items) text += (text.size() > 1 ? "," : "") + write(item);
  return text + "]";
}

// What an entry holds, as members.
JsonObject EntryJson(const ModelPrice& price) {
  JsonObject object;
  object.Text("provider", price.provider).Text("model", price.model);
  if (!price.via.empty()) object.Text("via", price.via);
  if (price.deprecated) object.Raw("deprecated", "true");
  if (price.context_window.has_value()) object.Count("context_window", *price.context_window);
  if (price.max_output_tokens.has_value()) {
    object.Count("max_output_tokens", *price.max_output_tokens);
  }
  object.Prices(price.prices);
  if (!price.tiers.empty()) {
    object.Raw("tiers", JsonArray(price.tiers, [](const PriceTier& tier) {
                 return JsonObject()
                     .Count("above_input_tokens", tier.above_input_tokens)
                     .Prices(tier.prices)
                     .Close();
               }));
  }
  if (!price.changes.empty()) {
    object.Raw("changes", JsonArray(price.changes, [](const PriceChange& change) {
                 return JsonObject().Text("from", change.from).Prices(change.prices).Close();
               }));
  }
  if (!price.daily.empty()) {
    object.Raw("time_of_day", JsonArray(price.daily, [](const DailyPrices& daily) {
                 return JsonObject()
                     .Text("utc_from", TimeOfDay(daily.from_second, true) + "Z")
                     .Text("utc_to", TimeOfDay(daily.to_second, true) + "Z")
                     .Prices(daily.prices)
                     .Close();
               }));
  }
  return object;
}

}  // namespace

std::string PriceEntryName(const ModelPrice& price) {
  return price.provider + "/" + price.model + (price.via.empty() ? "" : ":" + price.via);
}

std::string PriceReportText(std::string_view asked, const PriceMatch& match) {
  const ModelPrice& price = *match.price;
  std::string text = std::string(asked) + "\n";
  text += Line("entry", PriceEntryName(price) + (price.deprecated ? " (deprecated)" : ""));
  text += Line("matched by", match.rule == nullptr ? "its id" : match.rule->ToString());
  if (price.context_window.has_value()) {
    text += Line("context window", std::to_string(*price.context_window) + " tokens");
  }
  if (price.max_output_tokens.has_value()) {
    text += Line("longest answer", std::to_string(*price.max_output_tokens) + " tokens");
  }
  text += Line("source", SourceText(*price.source));
  text += "\nprices\n" + PricesText(price.prices);
  for (const PriceTier& tier : price.tiers) {
    text += "\nabove " + std::to_string(tier.above_input_tokens) + " input tokens\n" +
            PricesText(tier.prices);
  }
  for (const PriceChange& change : price.changes) {
    text += "\nfrom " + change.from + " on\n" + PricesText(change.prices);
  }
  for (const DailyPrices& daily : price.daily) {
    text += "\ndaily " + Window(daily) + "\n" + PricesText(daily.prices);
  }
  return text;
}

std::string PriceReportJson(std::string_view asked, const PriceMatch& match) {
  const PriceSource& source = *match.price->source;
  return EntryJson(*match.price)
             .Text("asked", asked)
             .Text("matched_by", match.rule == nullptr ? "id" : match.rule->ToString())
             .Raw("source", JsonObject()
                                .Text("name", source.name)
                                .Text("version", source.version)
                                .Text("published", source.published)
                                .Close())
             .Close() +
         "\n";
}

std::string PriceListText(const std::vector<const ModelPrice*>& entries) {
  constexpr std::array<PriceKind, 3> kColumns = {PriceKind::kInput, PriceKind::kCachedInput,
                                                 PriceKind::kOutput};
  std::vector<std::vector<std::string>> rows = {{"MODEL, $ PER MILLION TOKENS"}};
  for (const PriceKind kind : kColumns) {
    rows[0].emplace_back(kPriceKinds[static_cast<size_t>(kind)].label);
  }
  rows[0].emplace_back("context");
  for (const ModelPrice* entry : entries) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(PriceEntryName(*entry));
    for (const PriceKind kind : kColumns) {
      const std::optional<AttoDollars>& price = entry->prices[kind];
      row.push_back(price.has_value() ? DollarsText(absl::uint128(*price) * kMillion) : "-");
    }
    row.push_back(entry->context_window.has_value() ? std::to_string(*entry->context_window) : "-");
  }

  std::vector<size_t> widths(rows[0].size());
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) text += Padded(row[i], widths[i] + 2);
    text += row.back() + "\n";
  }
  return text;
}

std::string PriceListJson(const std::vector<const ModelPrice*>& entries) {
  std::string text;
  for (const ModelPrice* entry : entries) text += EntryJson(*entry).Close() + "\n";
  return text;
}

}  // namespace junctor::engine
