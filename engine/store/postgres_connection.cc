#include "engine/store/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "engine/store/sql_session.h"

namespace junctor::engine {
namespace {

using Clock = std::chrono::steady_clock;

// The server ends a statement after this time.
constexpr const char* kStatementMilliseconds = "10000";
// A gateway that hangs in a transaction loses it, so that others can write.
constexpr const char* kIdleTransactionMilliseconds = "15000";

// PostgreSQL's own type numbers (pg_type.dat), which never change.
constexpr Oid kBoolType = 16;
constexpr Oid kBytesType = 17;
constexpr Oid kInteger8Type = 20;
constexpr Oid kInteger2Type = 21;
constexpr Oid kInteger4Type = 23;
constexpr Oid kTextType = 25;

std::array<char, 8> BigEndian(int64_t number) {
  std::array<char, 8> bytes{};
  auto rest = static_cast<uint64_t>(number);
  for (size_t i = bytes.size(); i-- > 0; rest >>= 8) bytes[i] = static_cast<char>(rest & 0xff);
  return bytes;
}

int64_t FromBigEndian(std::string_view bytes) {
  // The sign of shorter numbers is theirs.
  uint64_t number = !bytes.empty() && (bytes[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char c : bytes) number = (number << 8) | static_cast<unsigned char>(c);
  return static_cast<int64_t>(number);
}

// The arrays that libpq takes parameters in; views of the values.
class ParameterArrays {
 public:
  explicit ParameterArrays(const SqlParameters& parameters) : integers_(parameters.size()) {
    for (size_t i = 0; i < parameters.size(); ++i) Add(parameters[i], i);
  }

  int count() const { return static_cast<int>(types_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void Add(const SqlValue& value, size_t index) {
    constexpr int kText = 0;
    constexpr int kBinary = 1;
    if (const auto* number = std::get_if<int64_t>(&value)) {
      integers_[index] = BigEndian(*number);
      Add(kInteger8Type, integers_[index].data(), integers_[index].size(), kBinary);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      Add(kTextType, text->c_str(), text->size(), kText);
    } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
      Add(kBytesType, blob->bytes.data(), blob->bytes.size(), kBinary);
    } else {
      Add(0, nullptr, 0, kText);
    }
  }

  void Add(Oid type, const char* bytes, size_t size, int format) {
    types_.push_back(type);
    values_.push_back(bytes);
    lengths_.push_back(static_cast<int>(size));
    formats_.push_back(format);
  }

  std::vector<std::array<char, 8>> integers_;
  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

SqlValue ValueOf(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return SqlNull();
  const std::string_view bytes(PQgetvalue(result, row, column),
                               static_cast<size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kInteger2Type:
    case kInteger4Type:
    case kInteger8Type:
    case kBoolType:
      return FromBigEndian(bytes);
    case kBytesType:
      return SqlBlob{std::string(bytes)};
    default:
      return std::string(bytes);
  }
}

SqlResult ResultOf(const PGresult* result) {
  SqlResult out;
  const int columns = PQnfields(result);
  const int rows = PQntuples(result);
  out.rows.reserve(static_cast<size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    std::vector<SqlValue> values;
    values.reserve(static_cast<size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      values.push_back(ValueOf(result, row, column));
    }
    out.rows.emplace_back(std::move(values));
  }
  out.changed = std::atoll(PQcmdTuples(const_cast<PGresult*>(result)));
  return out;
}

// The kind of an error by its SQLSTATE (PostgreSQL's appendix A).
absl::StatusCode CodeOf(std::string_view state) {
  if (state == "23505") return absl::StatusCode::kAlreadyExists;
  if (state == "23503") return absl::StatusCode::kNotFound;
  // A serialisation failure, a deadlock.
  if (state == "40001" || state == "40P01") return absl::StatusCode::kAborted;
  // A text that the database's encoding does not have.
  if (state == "22021" || state == "22P05") return absl::StatusCode::kInvalidArgument;
  // 08 connection, 0A000 a standby that can't write, 28 access, 53 resources, 55P03 a lock, 57 the
  // operator or a timeout, 58 the system: may all be otherwise a moment later, without us.
  for (const std::string_view prefix : {"08", "0A000", "28", "53", "55P03", "57", "58"}) {
    if (state.starts_with(prefix)) return absl::StatusCode::kUnavailable;
  }
  return absl::StatusCode::kInternal;
}

std::string Trimmed(const char* message) {
  return std::string(absl::StripAsciiWhitespace(message == nullptr ? "" : message));
}

// Refuses what libpq would refuse with a message that quotes from it: parts of a password with `/`
// or `@` in it are taken for a port or a host.
absl::Status CheckAddress(const std::string& url) {
  char* problem = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &problem);
  PQfreemem(problem);
  bool plausible = options != nullptr;
  for (PQconninfoOption* option = options; plausible && option->keyword != nullptr; ++option) {
    const std::string_view name = option->keyword;
    const std::string_view value = option->val == nullptr ? "" : option->val;
    if (name == "port") plausible = value.find_first_not_of("0123456789,") == value.npos;
    if (name == "host") plausible = value.find('@') == value.npos;
  }
  PQconninfoFree(options);
  if (plausible) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the PostgreSQL address can't be read: expected postgres://user:password@host:port/database, "
      "with characters such as `/`, `@`, `:` and `#` of a password written as %2F, %40, %3A and "
      "%23");
}

void DropNotice(void* /*unused*/, const char* /*message*/) {}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& url, std::chrono::milliseconds answer_wait) {
  const absl::Status address = CheckAddress(url);
  if (!address.ok()) return address;
  // What stands before `dbname` gives way to the URL.
  const char* const keywords[] = {"application_name",
                                  "connect_timeout",
                                  "keepalives_idle",
                                  "keepalives_interval",
                                  "keepalives_count",
                                  "tcp_user_timeout",
                                  "dbname",
                                  "client_encoding",
                                  nullptr};
  const char* const values[] = {"junctor", "5",         "10",   "5",    "3",
                                "10000",   url.c_str(), "UTF8", nullptr};
  PGconn* raw = PQconnectdbParams(keywords, values, 1);
  if (raw == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(raw, answer_wait));
  if (PQstatus(raw) != CONNECTION_OK) return absl::UnavailableError(Trimmed(PQerrorMessage(raw)));
  const absl::Status status = connection->SetUp();
  if (!status.ok()) return status;
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

absl::Status PostgresConnection::SetUp() {
  PQsetNoticeProcessor(connection_, DropNotice, nullptr);
  const char* encoding = PQparameterStatus(connection_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return absl::FailedPreconditionError("the database's encoding is " +
                                         std::string(encoding == nullptr ? "unknown" : encoding) +
                                         "; expected UTF8");
  }
  if (PQsetnonblocking(connection_, 1) != 0) return Lost("connecting");
  // A commit is told when it has reached the disk, whatever the server's default is.
  return Run("SELECT set_config('statement_timeout', ?, false), "
             "set_config('idle_in_transaction_session_timeout', ?, false), "
             "set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
             "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)",
             {SqlText(kStatementMilliseconds), SqlText(kIdleTransactionMilliseconds)})
      .status();
}

absl::Status PostgresConnection::Lost(std::string_view doing) {
  broken_ = true;
  const std::string message = Trimmed(PQerrorMessage(connection_));
  return absl::UnavailableError("the connection was lost while " + std::string(doing) +
                                (message.empty() ? "" : ": " + message));
}

absl::Status PostgresConnection::WaitFor(short events, Deadline deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      broken_ = true;
      return absl::UnavailableError("the server has not answered for " +
                                    std::to_string(answer_wait_.count()) + " ms");
    }
    pollfd socket = {PQsocket(connection_), events, 0};
    const int ready = poll(&socket, 1, static_cast<int>(left));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Lost("waiting");
  }
}

absl::Status PostgresConnection::Send(Deadline deadline) {
  for (int rest = PQflush(connection_); rest != 0; rest = PQflush(connection_)) {
    if (rest < 0) return Lost("sending");
    // The server may wait for us to read before it reads on.
    const absl::Status ready = WaitFor(POLLIN | POLLOUT, deadline);
    if (!ready.ok()) return ready;
    if (PQconsumeInput(connection_) == 0) return Lost("sending");
  }
  return absl::OkStatus();
}

absl::StatusOr<PostgresConnection::Result> PostgresConnection::Receive(Deadline deadline) {
  Result last(nullptr, PQclear);
  while (true) {
    while (PQisBusy(connection_) != 0) {
      const absl::Status ready = WaitFor(POLLIN, deadline);
      if (!ready.ok()) return ready;
      if (PQconsumeInput(connection_) == 0) return Lost("waiting for an answer");
    }
    PGresult* next = PQgetResult(connection_);
    if (next == nullptr) break;
    last.reset(next);
  }
  if (last == nullptr) return Lost("waiting for an answer");
  return last;
}

absl::Status PostgresConnection::ErrorOf(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  // After these the server hangs up, or another one should be asked.
  if (PQstatus(connection_) == CONNECTION_BAD || state.starts_with("57P") || state == "0A000" ||
      state.starts_with("08")) {
    broken_ = true;
  }
  // Without a state the error is libpq's own: the connection.
  const absl::StatusCode code = state.empty() ? absl::StatusCode::kUnavailable : CodeOf(state);
  std::string message = Trimmed(PQresultErrorMessage(result));
  if (code == absl::StatusCode::kNotFound) {
    message = "it refers to something that is not there: " + message;
  }
  return absl::Status(code, message);
}

absl::StatusOr<SqlResult> PostgresConnection::Run(std::string_view sql,
                                                  const SqlParameters& parameters) {
  if (broken_) return Lost("idle");
  const Deadline deadline = Clock::now() + answer_wait_;
  const ParameterArrays arrays(parameters);
  constexpr int kBinaryResults = 1;
  if (PQsendQueryParams(connection_, NumberPlaceholders(sql).c_str(), arrays.count(),
                        arrays.types(), arrays.values(), arrays.lengths(), arrays.formats(),
                        kBinaryResults) == 0) {
    return Lost("sending");
  }
  const absl::Status sent = Send(deadline);
  if (!sent.ok()) return sent;
  const absl::StatusOr<Result> result = Receive(deadline);
  if (!result.ok()) return result.status();
  const ExecStatusType status = PQresultStatus(result->get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return ResultOf(result->get());
  return ErrorOf(result->get());
}

absl::StatusOr<bool> PostgresConnection::WaitForNotification(std::chrono::milliseconds wait,
                                                             int wake) {
  std::array<pollfd, 2> descriptors = {{{PQsocket(connection_), POLLIN, 0}, {wake, POLLIN, 0}}};
  if (poll(descriptors.data(), descriptors.size(), static_cast<int>(wait.count())) < 0 &&
      errno != EINTR) {
    return Lost("listening");
  }
  if (PQconsumeInput(connection_) == 0) return Lost("listening");
  bool notified = false;
  while (PGnotify* notification = PQnotifies(connection_)) {
    notified = true;
    PQfreemem(notification);
  }
  return notified;
}

}  // namespace junctor::engine
