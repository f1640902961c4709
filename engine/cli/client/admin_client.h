// The admin API as its clients call it: requests with a token, the envelope read, lists turned page
// by page, and what may be tried again tried again.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cli/client/json.h"
#include "engine/config/secret.h"
#include "engine/control/control_error.h"

namespace junctor::engine {

// Largest answer that is read: a page of long routes.
inline constexpr size_t kMaxAnswerBytes = 256u << 20;
// Attempts of one call, the first one included.
inline constexpr int kMaxCallAttempts = 3;
// The longest that a server can make us wait before the next attempt; a longer wish ends the call.
inline constexpr std::chrono::milliseconds kMaxRetryWait{10'000};
// Entries of a page of a list.
inline constexpr int kPageSize = 50;

// Which server, and as whom.
struct AdminTarget {
  std::string url = "http://127.0.0.1:8788";  // http or https; `/client/v4` is added where it is
                                              // not its end
  std::string account = "default";
  Secret token;
  std::string ca_file;  // PEM; empty: the system's
};

// What a call came to: the envelope, and the warnings in it.
struct AdminReply {
  Json body;                           // the whole envelope
  std::vector<ControlError> warnings;  // of `messages`

  const Json& result() const { return body["result"]; }
};

using Query = std::vector<std::pair<std::string, std::string>>;

// The errors, or warnings, in `entries`: an envelope's `errors` or `messages`.
std::vector<ControlError> ReadErrors(const Json& entries, bool are_warnings);

// One server. For one thread. Errors of a call are the server's, all of them, with its HTTP status;
// with status 0 where no answer came: the message then says what to do about it.
class AdminClient {
 public:
  using Sleep = std::function<void(std::chrono::milliseconds)>;

  // InvalidArgument where the URL is none that can be called.
  static absl::StatusOr<AdminClient> Create(AdminTarget target);
  static absl::StatusOr<AdminClient> Create(AdminTarget target, Sleep sleep);
  AdminClient(AdminClient&&) noexcept;
  ~AdminClient();

  // `path` follows `/accounts/{account}/ai-gateway`, its segments encoded. GET, PUT and DELETE are
  // tried again after 429, 503 and a lost connection, all others only where no connection came
  // about, or where the server says `x-should-retry: true`.
  ControlResult<AdminReply> Get(std::string_view path, const Query& query = {});
  ControlResult<AdminReply> Post(std::string_view path, std::string body);
  ControlResult<AdminReply> Put(std::string_view path, std::string body);
  ControlResult<AdminReply> Patch(std::string_view path, std::string body);
  ControlResult<AdminReply> Delete(std::string_view path);

  // Every entry of a list: pages are asked for until one is empty, or `limit` entries are there (0:
  // no limit). `member` is where they stand: empty for `result`, "routes" for `data.routes`.
  ControlResult<std::vector<Json>> List(std::string_view path, std::string_view member = {},
                                        const Query& query = {}, size_t limit = 0);

  // The first entry of such a list for which `wanted` holds, asking for no more pages than it
  // takes; null where there is none.
  ControlResult<Json> Find(std::string_view path, std::string_view member,
                           const std::function<bool(const Json&)>& wanted);

  const AdminTarget& target() const;

 private:
  struct Impl;
  explicit AdminClient(std::unique_ptr<Impl> impl);
  // One page's entries; `page` from 1.
  ControlResult<std::vector<Json>> Page(std::string_view path, std::string_view member,
                                        const Query& query, size_t page);
  ControlResult<AdminReply> Call(const char* method, std::string_view path, const Query& query,
                                 std::string body);

  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::engine
