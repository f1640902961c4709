#include "runtime/program/error_class.h"

#include <array>

namespace junctor {
namespace {

struct Row {
  std::string_view name;
  bool retried;
};

constexpr std::array<Row, kErrorClassCount> kRows = {{
#define JUNCTOR_ERROR_CLASS(id, name, retried, meaning) {name, retried},
#include "runtime/program/error_classes.def"
#undef JUNCTOR_ERROR_CLASS
}};

}  // namespace

ErrorClassSet DefaultRetryOn(bool has_fallback) {
  ErrorClassSet set = 0;
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    if (kRows[i].retried || (error == ErrorClass::kTimeout && !has_fallback)) set |= Only(error);
  }
  return set;
}

ErrorClassSet DefaultFallbackOn() {
  return static_cast<ErrorClassSet>(kAllErrorClasses & ~Only(ErrorClass::kContentFilter));
}

std::string_view ErrorClassName(ErrorClass error) {
  return kRows[static_cast<uint8_t>(error)].name;
}

std::optional<ErrorClass> ParseErrorClass(std::string_view name) {
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    if (kRows[i].name == name) return static_cast<ErrorClass>(i);
  }
  return std::nullopt;
}

}  // namespace junctor
