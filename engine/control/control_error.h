// Why the control plane did not do what it was asked: what a client gets told, one entry a reason.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace junctor::engine {

// Codes of the admin API (admin clients know the first three).
inline constexpr int kCodeBadField = 1002;          // 400
inline constexpr int kCodeDuplicate = 1003;         // 409
inline constexpr int kCodeNotFound = 1004;          // 404
inline constexpr int kCodeDiagnostic = 1005;        // 400: a route does not compile
inline constexpr int kCodeConflict = 1006;          // 409: the thing is as it is for a reason
inline constexpr int kCodeUnavailable = 1007;       // 503: the database is away
inline constexpr int kCodeInternal = 1008;          // 500
inline constexpr int kCodeAuthentication = 1009;    // 401: no token, or one that is not known
inline constexpr int kCodePermission = 1010;        // 403: the token does not allow it
inline constexpr int kCodeMethodNotAllowed = 1011;  // 405

struct ControlError {
  int code = kCodeBadField;
  std::string message;
  std::vector<std::string> path;  // {"body", "slug"}; empty: none
  // Of a compiler's diagnostic.
  std::string diagnostic;  // "JR0304"; empty: not one
  bool is_warning = false;
  size_t line = 0;    // from 1, in the elements as they were sent; 0: unknown
  size_t column = 0;  // from 1
  std::string fix;    // what to do about it; may be empty
};

// At least one error, and the HTTP status that they have together.
struct ControlErrors {
  int status = 400;
  std::vector<ControlError> errors;

  static ControlErrors One(int status, int code, std::string message,
                           std::vector<std::string> path = {}) {
    ControlErrors errors;
    errors.status = status;
    ControlError error;
    error.code = code;
    error.message = std::move(message);
    error.path = std::move(path);
    errors.errors.push_back(std::move(error));
    return errors;
  }
  static ControlErrors BadField(std::string message, std::string field) {
    return One(400, kCodeBadField, std::move(message), {"body", std::move(field)});
  }
  static ControlErrors NotFound(std::string message) {
    return One(404, kCodeNotFound, std::move(message));
  }
};

// What was asked for, or why not.
template <typename T>
class ControlResult {
 public:
  ControlResult(T value) : result_(std::move(value)) {}                // NOLINT: as absl::StatusOr
  ControlResult(ControlErrors errors) : result_(std::move(errors)) {}  // NOLINT

  bool ok() const { return result_.index() == 0; }
  T& operator*() { return std::get<0>(result_); }
  const T& operator*() const { return std::get<0>(result_); }
  T* operator->() { return &std::get<0>(result_); }
  const T* operator->() const { return &std::get<0>(result_); }
  const ControlErrors& errors() const { return std::get<1>(result_); }

 private:
  std::variant<T, ControlErrors> result_;
};

}  // namespace junctor::engine
