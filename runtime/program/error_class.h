// The error classes of R21 and sets of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor {

// Why an attempt failed. The meaning of each stands in error_classes.def.
enum class ErrorClass : uint8_t {
#define JUNCTOR_ERROR_CLASS(id, name, retried, meaning) id,
#include "runtime/program/error_classes.def"
#undef JUNCTOR_ERROR_CLASS
};

inline constexpr uint8_t kErrorClassCount = 0
#define JUNCTOR_ERROR_CLASS(id, name, retried, meaning) +1
#include "runtime/program/error_classes.def"
#undef JUNCTOR_ERROR_CLASS
    ;

// A set of error classes: bit i stands for the class with value i.
using ErrorClassSet = uint16_t;

inline constexpr ErrorClassSet kAllErrorClasses = (1u << kErrorClassCount) - 1;

// The set that holds `error` alone.
constexpr ErrorClassSet Only(ErrorClass error) {
  return static_cast<ErrorClassSet>(1u << static_cast<unsigned>(error));
}

constexpr bool Contains(ErrorClassSet set, ErrorClass error) { return (set & Only(error)) != 0; }

// What is retried when the route does not say (R21): `timeout` only where there is no fallback.
ErrorClassSet DefaultRetryOn(bool has_fallback);

// What leads to the fallback when the route does not say (R21): all but content_filter.
ErrorClassSet DefaultFallbackOn();

// The spelling of a class in routes and logs, e.g. "rate_limit".
std::string_view ErrorClassName(ErrorClass error);

// The class spelled `name`, or nothing.
std::optional<ErrorClass> ParseErrorClass(std::string_view name);

}  // namespace junctor
