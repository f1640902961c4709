// The request body as a provider gets it: the caller's bytes, with only the model and the route's
// `params` replaced (R19, R36), and what this provider takes differently left out or renamed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/providers/chat/request_edits.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// A body in pieces, to be sent one after the other. Owns what it adds; views the caller's body for
// the rest.
class SplicedBody {
 public:
  SplicedBody() = default;
  SplicedBody(SplicedBody&&) noexcept = default;
  SplicedBody& operator=(SplicedBody&&) noexcept = default;

  // Replaces the value of `model` in `body` by `model`, and each top-level key of `params` (a JSON
  // object as text; empty: none; of equal keys the first counts) by its value, in place where the
  // body has it and at the end where not. Then `edits` (those of the provider; none by default) are
  // made to the result's top-level keys. `index` is that of `body`, and holds `model`.
  // InvalidArgument where `params` is not an object.
  static absl::StatusOr<SplicedBody> Make(std::string_view body, const BodyIndex& index,
                                          std::string_view model, std::string_view params,
                                          std::span<const RequestEdit> edits = {});

  const std::vector<std::string_view>& pieces() const { return pieces_; }
  size_t size() const { return size_; }

 private:
  void Add(std::string_view piece);

  std::vector<std::string_view> pieces_;
  std::vector<std::string> owned_;  // never grows after the pieces view it
  size_t size_ = 0;
};

}  // namespace junctor::engine
