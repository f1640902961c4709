#include "engine/serve/price_file.h"

#include "absl/status/status.h"
#include "engine/prices/price_reader.h"
#include "engine/store/file_reader.h"

namespace junctor::engine {
namespace {

absl::Status Wrong(const std::string& file, const absl::Status& status) {
  return absl::InvalidArgumentError(file + ": " + std::string(status.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PriceTable>> LoadPriceTable(const std::string& file) {
  // The built-in table lives as long as the process.
  if (file.empty())
    return std::shared_ptr<const PriceTable>(std::shared_ptr<void>(), &PriceTable::BuiltIn());
  const absl::StatusOr<std::string> text = ReadFile(file, kMaxPriceFileBytes);
  if (!text.ok()) return Wrong(file, text.status());
  const absl::StatusOr<PriceTable> own = PriceTable::Parse(*text);
  if (!own.ok()) return Wrong(file, own.status());
  return std::make_shared<const PriceTable>(PriceTable::BuiltIn().WithOverrides(*own));
}

}  // namespace junctor::engine
