// junctor prices: what models cost, from the built-in table or with a file over it.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/syntax/suggest.h"
#include "engine/cli/commands.h"
#include "engine/cli/price_report.h"
#include "engine/config/provider_record.h"
#include "engine/prices/price_table.h"
#include "engine/serve/price_file.h"

namespace junctor::engine {
namespace {

// The built-in table, with the file's entries over it where one is given. Null: the error is
// printed.
std::shared_ptr<const PriceTable> LoadTable(const std::string& file, const Console& console) {
  absl::StatusOr<std::shared_ptr<const PriceTable>> table = LoadPriceTable(file);
  if (table.ok()) return *std::move(table);
  PrintError(console, std::string(table.status().message()));
  return nullptr;
}

// Aliases of built-in providers have no prices of their own.
std::string Slug(const std::string& name) { return std::string(SlugOf(BuiltInProviders(), name)); }

std::vector<const ModelPrice*> EntriesOf(const PriceTable& table, const std::string& provider) {
  std::vector<const ModelPrice*> entries = table.Entries();
  std::erase_if(entries,
                [&provider](const ModelPrice* entry) { return entry->provider != provider; });
  return entries;
}

// Of all entries, sorted.
std::vector<std::string_view> ProvidersOf(const PriceTable& table) {
  std::vector<std::string_view> names;
  for (const ModelPrice* entry : table.Entries()) names.push_back(entry->provider);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void PrintUnknownProvider(const PriceTable& table, const std::string& provider,
                          const Console& console) {
  const std::vector<std::string_view> names = ProvidersOf(table);
  const std::string_view nearest = compiler::ClosestName(provider, names);
  std::string message = "no prices of provider `" + provider + "`; ";
  if (!nearest.empty()) {
    message += "did you mean `" + std::string(nearest) + "`?";
  } else {
    message += "known are";
    for (const std::string_view name : names) {
      message += (name == names.front() ? " " : ", ") + std::string(name);
    }
  }
  PrintError(console, message);
}

void PrintUnknownModel(const std::vector<const ModelPrice*>& entries, const std::string& provider,
                       const std::string& model, const Console& console) {
  constexpr size_t kMaxNames = 3;
  const size_t tolerance = std::max<size_t>(2, model.size() / 3);
  std::vector<std::pair<size_t, std::string>> near;
  for (const ModelPrice* entry : entries) {
    const size_t distance = compiler::NameDistance(model, entry->model, tolerance);
    if (distance <= tolerance) near.emplace_back(distance, PriceEntryName(*entry));
  }
  std::sort(near.begin(), near.end());
  std::string message =
      "no price of `" + (provider.empty() ? model : provider + "/" + model) + "`; ";
  if (near.empty()) {
    message +=
        "`junctor prices list" + (provider.empty() ? "" : " " + provider) + "` lists what has one";
  }
  for (size_t i = 0; i < std::min(near.size(), kMaxNames); ++i) {
    message += (i == 0 ? "nearest: `" : ", `") + near[i].second + "`";
  }
  PrintError(console, message);
}

// A model without its provider: what it costs at each that has it.
int ShowAtAllProviders(const PriceTable& table, const PricesShowOptions& options,
                       const Console& console) {
  std::string reports;
  for (const std::string_view provider : ProvidersOf(table)) {
    const PriceMatch match = table.Match(provider, options.model);
    if (match.price == nullptr) continue;
    const std::string name = std::string(provider) + "/" + options.model;
    if (!options.json && !reports.empty()) reports += "\n";
    reports += options.json ? PriceReportJson(name, match) : PriceReportText(name, match);
  }
  if (reports.empty()) {
    PrintUnknownModel(table.Entries(), "", options.model, console);
    return kExitFailure;
  }
  console.out << reports;
  return kExitOk;
}

}  // namespace

int RunPricesShow(const PricesShowOptions& options, const Console& console) {
  const size_t slash = options.model.find('/');
  if (options.model.empty() || slash == 0 || slash + 1 == options.model.size()) {
    PrintError(console, "expected MODEL or PROVIDER/MODEL, found `" + options.model + "`");
    return kExitUsage;
  }
  const std::shared_ptr<const PriceTable> table = LoadTable(options.file, console);
  if (table == nullptr) return kExitFailure;
  if (slash == std::string::npos) return ShowAtAllProviders(*table, options, console);
  const std::string provider = Slug(options.model.substr(0, slash));
  const std::string model = options.model.substr(slash + 1);
  const PriceMatch match = table->Match(provider, model);
  if (match.price == nullptr) {
    const std::vector<const ModelPrice*> entries = EntriesOf(*table, provider);
    if (entries.empty()) {
      PrintUnknownProvider(*table, provider, console);
    } else {
      PrintUnknownModel(entries, provider, model, console);
    }
    return kExitFailure;
  }
  console.out << (options.json ? PriceReportJson(options.model, match)
                               : PriceReportText(options.model, match));
  return kExitOk;
}

int RunPricesList(const PricesListOptions& options, const Console& console) {
  const std::shared_ptr<const PriceTable> table = LoadTable(options.file, console);
  if (table == nullptr) return kExitFailure;
  const std::string provider = Slug(options.provider);
  const std::vector<const ModelPrice*> entries =
      provider.empty() ? table->Entries() : EntriesOf(*table, provider);
  if (entries.empty()) {
    PrintUnknownProvider(*table, provider, console);
    return kExitFailure;
  }
  console.out << (options.json ? PriceListJson(entries) : PriceListText(entries));
  return kExitOk;
}

}  // namespace junctor::engine
