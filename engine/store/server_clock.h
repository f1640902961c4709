// What the clock of a server shows, as far as a process can know that only hears from it.
#pragma once

#include <cstdint>
#include <optional>

namespace junctor::engine {

// Learns from answers that tell the server's time: it was read somewhere between the question's
// sending and the answer's arrival. Errs by taking the server's clock for earlier than it is. A
// clock that jumps is followed with the next answer. Not thread-safe.
class ServerClock {
 public:
  // Another server, perhaps.
  void Forget() { known_.reset(); }

  // An answer said `server_us`. The other times are this process's, and never go back.
  void Learn(int64_t server_us, int64_t sent_ns, int64_t received_ns);

  // What the server's clock shows at least, in µs, at a time of this process's that is not before
  // the latest answer; nothing where no answer told.
  std::optional<int64_t> AtLeast(int64_t steady_ns) const;

 private:
  struct Known {
    int64_t ahead_ns;  // so far is the server's clock ahead of this process's, at least
    int64_t since_ns;

    int64_t AheadAt(int64_t steady_ns) const;
  };
  std::optional<Known> known_;
};

}  // namespace junctor::engine
