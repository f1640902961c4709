#include "tests/simulation/shared_limits.h"

#include <utility>

#include "engine/store/redis_link.h"

namespace junctor::simulation {
namespace {

// A round trip is given up after this, and with it the connection: the callers wait.
constexpr Time kTripTimeout = 50 * kMillisecond;

}  // namespace

class SharedLimits::Ticket final : public SimTicket {
 public:
  engine::LimitTicket inner;
};

// One connection. A round trip that hangs ends it; what it carried may be done later all the same.
struct SharedLimits::Connection {
  uint64_t done = 0;  // the last trip that the server has done: a network may deliver it again
  bool is_given_up = false;
};

SharedLimits::SharedLimits(Context* context, Network* network, StoreServer* server,
                           const Options& options)
    : context_(context),
      network_(network),
      server_(server),
      options_(options),
      random_(options.seed),
      log_(engine::LogLevel::kOff, 2),
      local_(context, options.local),
      client_({std::to_string(options.process), "store", StoreFailurePolicy::kLocal, kTripTimeout},
              &local_, &log_) {}

engine::RedisTime SharedLimits::Now() const {
  return {context_->clock.now(), context_->clock.now()};
}

void SharedLimits::Start() { Connect(); }

void SharedLimits::Connect() {
  if (!is_alive_ || client_.is_connected()) return;
  if (network_->is_away()) {
    client_.Lost(absl::UnavailableError("no way"), Now());
    ConnectLater();
    return;
  }
  connection_ = std::make_shared<Connection>();
  trip_ = 0;
  is_waiting_ = false;
  client_.Opened();
  Drive();
}

void SharedLimits::ConnectLater() {
  context_->clock.At(client_.connect_at_ns(), random_.Next(),
                     [self = shared_from_this()] { self->Connect(); });
}

void SharedLimits::DriveSoon() {
  if (!is_alive_ || std::exchange(drives_soon_, true)) return;
  context_->clock.At(context_->clock.now(), random_.Next(), [self = shared_from_this()] {
    self->drives_soon_ = false;
    self->Drive();
  });
}

void SharedLimits::Drive() {
  if (!is_alive_ || is_waiting_ || !client_.is_connected()) return;
  const engine::RedisCommands& commands = client_.Next(Now());
  if (commands.size() == 0) {
    // The next beat; what comes before wakes it earlier.
    const int64_t beat = client_.next_beat_ns();
    if (std::exchange(beat_at_ns_, beat) == beat) return;
    context_->clock.At(beat, random_.Next(), [self = shared_from_this()] { self->Drive(); });
    return;
  }
  is_waiting_ = true;
  const uint64_t trip = ++trip_;
  network_->Send(&random_, [self = shared_from_this(), connection = connection_, trip,
                            text = std::string(commands.text())] {
    if (connection->done >= trip) return;
    connection->done = trip;
    auto answers = std::make_shared<const std::vector<ServerAnswer>>(
        self->server_->Run(self->options_.process, text));
    if (!self->is_alive_) return;
    self->CheckLate(*connection, *answers);
    self->network_->Send(&self->random_, [self, connection, trip, answers] {
      self->Answered(connection, trip, *answers);
    });
  });
  context_->clock.At(context_->clock.now() + kTripTimeout, random_.Next(),
                     [self = shared_from_this(), connection = connection_, trip] {
                       self->TimedOut(connection, trip);
                     });
}

// A request whose client has gone on by its local share is not counted again.
void SharedLimits::CheckLate(const Connection& connection,
                             const std::vector<ServerAnswer>& answers) const {
  if (!connection.is_given_up || server_->may_be_misjudged()) return;
  for (const ServerAnswer& answer : answers) {
    if (answer.is_question && !answer.is_late) {
      context_->Fail("a question takes something when its client has gone on without it");
    }
  }
}

void SharedLimits::Answered(const std::shared_ptr<Connection>& connection, uint64_t trip,
                            const std::vector<ServerAnswer>& answers) {
  if (!is_alive_ || connection != connection_ || trip != trip_ || !is_waiting_) return;
  // Some connections break in the middle of an answer.
  const size_t readable = random_.Percent(2) ? random_.Below(answers.size()) : answers.size();
  absl::Status status;
  for (size_t i = 0; status.ok() && i < answers.size() && is_alive_; ++i) {
    if (i >= readable) {
      status = absl::UnavailableError("the connection breaks");
      break;
    }
    answer_ = &answers[i];
    status = client_.Answer(answers[i].reply, Now());
  }
  answer_ = nullptr;
  if (!is_alive_) return;
  is_waiting_ = false;
  if (status.ok()) {
    Drive();
    return;
  }
  connection_ = nullptr;
  client_.Lost(status, Now());
  ConnectLater();
}

void SharedLimits::TimedOut(const std::shared_ptr<Connection>& connection, uint64_t trip) {
  if (!is_alive_ || connection != connection_ || trip != trip_ || !is_waiting_) return;
  is_waiting_ = false;
  connection->is_given_up = true;
  connection_ = nullptr;
  client_.Lost(absl::UnavailableError("it does not answer in time"), Now());
  ConnectLater();
}

void SharedLimits::Kill() {
  is_alive_ = false;
  orphans_ = client_.TakeUndelivered();
}

void SharedLimits::CloseBooks() {
  for (const engine::LedgerEntry& entry : orphans_) {
    if (entry.amount == 0 || entry.account->spec.type == LimitType::kCount) continue;
    const uint64_t window = server_->WindowOf(*entry.account);
    if (entry.number > 0 && server_->Knows(options_.process, entry.number, window)) continue;
    context_->accounts[window].lost.Add(entry.amount);
  }
}

uint64_t SharedLimits::WindowOf(const engine::LimitAsk& ask) const {
  return context_->WindowId(CheckedStore::NameOf(ask.spec->type, ask.name, ask.key));
}

void SharedLimits::Name(const engine::LimitAsk& ask, engine::LimitVerdict* verdict) {
  if (!verdict->ticket) return;
  auto ticket = std::make_unique<Ticket>();
  ticket->window = WindowOf(ask);
  ticket->inner = std::move(verdict->ticket);
  verdict->ticket = engine::LimitTicket();
  verdict->ticket.SetRemote(std::move(ticket));
}

bool SharedLimits::Ask(const engine::LimitAsk& ask, int64_t, engine::LimitVerdict* verdict) {
  if (!client_.Ask(ask, Now().unix_ns, verdict)) return false;
  context_->trace.Note(What::kLocal, options_.process);
  Name(ask, verdict);
  DriveSoon();
  return true;
}

void SharedLimits::Begin(std::shared_ptr<engine::LimitBatch> batch) {
  if (!is_alive_) return;
  auto inner = std::make_shared<engine::LimitBatch>();
  inner->unix_nanoseconds = Now().unix_ns;
  // What this process had charged to each of the windows when it asked.
  std::vector<uint64_t> charged;
  for (size_t i = 0; i < batch->size(); ++i) {
    inner->Add(batch->ask(i));
    const bool is_cost = batch->ask(i).spec->type == LimitType::kCost;
    charged.push_back(is_cost ? charged_[WindowOf(batch->ask(i))] : 0);
  }
  inner->done = [this, batch, charged, raw = inner.get()] {
    if (!is_alive_) return;
    if (answer_ == nullptr) context_->trace.Note(What::kLocal, options_.process);
    for (size_t i = 0; i < raw->verdicts.size(); ++i) {
      if (answer_ != nullptr && i < answer_->told.size() && answer_->told[i] < charged[i]) {
        context_->Fail("a question goes before a charge that was made before it: window " +
                       std::to_string(WindowOf(raw->ask(i))));
      }
      Name(raw->ask(i), &raw->verdicts[i]);
    }
    batch->verdicts = std::move(raw->verdicts);
    batch->done();
  };
  client_.Begin(std::move(inner));
  DriveSoon();
}

void SharedLimits::Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars, int64_t) {
  const auto* own = static_cast<const Ticket*>(ticket.remote());
  if (own == nullptr || !is_alive_) return;
  charged_[own->window] += nano_dollars;
  client_.Charge(own->inner, nano_dollars, Now().unix_ns);
  DriveSoon();
}

void SharedLimits::Settle(engine::LimitTicket* ticket, int64_t) {
  auto* own = static_cast<Ticket*>(ticket->remote());
  if (own == nullptr || !is_alive_) return;
  client_.Settle(&own->inner, Now().unix_ns);
  DriveSoon();
}

absl::StatusOr<engine::LimitSnapshot> SharedLimits::Look(std::string_view gateway,
                                                         std::string_view route, size_t max_rows,
                                                         int64_t) {
  return server_->store().Look(gateway, route, max_rows, server_->store().now());
}

absl::StatusOr<bool> SharedLimits::ResetKey(const engine::LimitName& name, std::string_view key) {
  return server_->store().ResetKey(name, key);
}

absl::StatusOr<bool> SharedLimits::GrantKey(const engine::LimitName& name, std::string_view key,
                                            uint64_t amount, int64_t) {
  return server_->store().GrantKey(name, key, amount, server_->store().now());
}

}  // namespace junctor::simulation
