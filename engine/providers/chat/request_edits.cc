#include "engine/providers/chat/request_edits.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

constexpr auto kEdits = std::to_array<RequestEdit>({
#define JUNCTOR_REQUEST_EDIT(provider, field, action, new_name) \
  {provider, field, RequestEditAction::action, new_name},
#include "engine/providers/chat/request_edits.def"
#undef JUNCTOR_REQUEST_EDIT
});

}  // namespace

std::span<const RequestEdit> RequestEditsFor(std::string_view slug) {
  const auto is_of = [slug](const RequestEdit& edit) { return edit.provider == slug; };
  const auto* begin = std::find_if(kEdits.begin(), kEdits.end(), is_of);
  return {begin, std::find_if_not(begin, kEdits.end(), is_of)};
}

}  // namespace junctor::engine
