#include "engine/control/price_setting.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace junctor::engine {
namespace {

std::string PriceFileOf(std::string_view entries) {
  std::string file = "{\"models\":";
  file.append(entries).append("}");
  return file;
}

// The reader counts entries; a path says which one.
std::string WithoutEntryNumber(std::string_view message) {
  const size_t colon = message.find(": ");
  const bool is_numbered = message.starts_with("entry ") && colon != message.npos;
  return std::string(is_numbered ? message.substr(colon + 2) : message);
}

}  // namespace

std::vector<ShapeError> CheckPrices(std::string_view json) {
  rapidjson::Document entries;
  entries.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  const std::string expected = "must be an array of at most " +
                               std::to_string(kMaxPricesOfGateway) +
                               " entries, as `models` of a price file has them";
  if (!entries.IsArray() || entries.Size() > kMaxPricesOfGateway) return {{{}, expected}};
  std::vector<ShapeError> errors;
  for (rapidjson::SizeType i = 0; i < entries.Size(); ++i) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    entries[i].Accept(writer);
    const std::string entry(buffer.GetString(), buffer.GetSize());
    const absl::StatusOr<PriceTable> table = PriceTable::Parse(PriceFileOf("[" + entry + "]"));
    if (table.ok()) continue;
    const std::string_view message(table.status().message().data(),
                                   table.status().message().size());
    errors.push_back({{std::to_string(i)}, "is no price: " + WithoutEntryNumber(message)});
  }
  if (!errors.empty()) return errors;
  // What only shows among all of them: two for one model, too many rules.
  const absl::StatusOr<PriceTable> table = PriceTable::Parse(PriceFileOf(json));
  if (!table.ok())
    errors.push_back({{}, "is no price list: " + std::string(table.status().message())});
  return errors;
}

std::shared_ptr<const PriceTable> ReadPrices(std::string_view json, const PriceTable& process) {
  if (json.empty() || json == "null" || json == "[]") return nullptr;
  const absl::StatusOr<PriceTable> own = PriceTable::Parse(PriceFileOf(json));
  if (!own.ok()) return nullptr;
  return std::make_shared<const PriceTable>(process.WithOverrides(*own));
}

}  // namespace junctor::engine
