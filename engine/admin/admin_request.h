// A request of the admin API, as a handler gets it, and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/control/control_error.h"
#include "engine/control/control_plane.h"
#include "engine/directory/access_token.h"
#include "engine/store/control_rows.h"

namespace junctor::engine {

// Percent-encoding is undone in all of it.
struct AdminRequest {
  std::string method;
  std::string account;              // {account_id}; any names this installation
  std::vector<std::string> values;  // of the pattern's other placeholders, in order
  std::vector<std::pair<std::string, std::string>> query;  // in order; names may repeat
  std::string body;
  Actor actor;
  std::string token_gateway;      // the only gateway that the token is good for; empty: all
  uint8_t token_permissions = 0;  // Permission bits

  // The first value of `name`; empty: it is not there.
  std::optional<std::string_view> Query(std::string_view name) const;
};

struct AdminAnswer {
  int status = 200;
  std::string body;  // JSON
  std::vector<std::pair<std::string, std::string>> headers;
};

// `{"success": true, "errors": [], "messages": [], "result": …}`; `result` is JSON text. Warnings
// go into `messages`.
AdminAnswer Success(std::string_view result, const std::vector<ControlError>& warnings = {});

// The same for a page of a list, with `result_info`. `results` are JSON texts.
AdminAnswer SuccessPage(const std::vector<std::string>& results, PageOf page, int64_t total,
                        const std::vector<ControlError>& warnings = {});

// For the calls that the client does not unwrap: `members` (such as `"route": {…}`) stand beside
// `success` in the envelope.
AdminAnswer SuccessBeside(std::string_view members, const std::vector<ControlError>& warnings = {});

// `{"success": false, "errors": […], "messages": [], "result": null}`. With `x-should-retry: false`
// where trying again can't help.
AdminAnswer Failure(const ControlErrors& errors);

// Most entries of one page.
inline constexpr int64_t kMaxPerPage = 100;

// `page` and `per_page` (at most `most`) of the query, checked.
ControlResult<PageOf> ReadPage(const AdminRequest& request, int64_t most = kMaxPerPage);

}  // namespace junctor::engine
