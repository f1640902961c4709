#include "engine/store/redis_connection.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "engine/store/redis_commands.h"

namespace junctor::engine {
namespace {

// Nesting of answers that is read: our scripts answer lists of lists.
constexpr int kMaxReplyDepth = 8;

timeval TimevalOf(std::chrono::milliseconds timeout) {
  timeval value;
  value.tv_sec = static_cast<time_t>(timeout.count() / 1000);
  value.tv_usec = static_cast<suseconds_t>(timeout.count() % 1000 * 1000);
  return value;
}

RedisReply CopyOf(const redisReply& reply, int depth) {
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      copy.kind = RedisReply::Kind::kInteger;
      copy.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      copy.kind = RedisReply::Kind::kText;
      copy.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      copy.kind = RedisReply::Kind::kError;
      copy.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = RedisReply::Kind::kArray;
      if (depth == 0) break;
      copy.items.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) {
        copy.items.push_back(CopyOf(*reply.element[i], depth - 1));
      }
      break;
    default:
      break;
  }
  return copy;
}

}  // namespace

int64_t RedisReply::Number() const {
  if (kind == Kind::kInteger) return integer;
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Open(
    const RedisAddress& address, std::chrono::milliseconds timeout) {
  const timeval limit = TimevalOf(timeout);
  redisContext* context = address.socket.empty()
                              ? redisConnectWithTimeout(address.host.c_str(), address.port, limit)
                              : redisConnectUnixWithTimeout(address.socket.c_str(), limit);
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(context));
  if (context->err != 0) return connection->ErrorOf();
  if (redisSetTimeout(context, limit) != REDIS_OK) return connection->ErrorOf();
  if (!address.password.empty()) {
    std::vector<std::string_view> command = {"AUTH"};
    if (!address.user.empty()) command.push_back(address.user);
    command.push_back(address.password.Reveal());
    if (absl::Status status = connection->Run(command).status(); !status.ok()) return status;
  }
  if (address.database != 0) {
    const std::string database = std::to_string(address.database);
    if (absl::Status status = connection->Run({"SELECT", database}).status(); !status.ok()) {
      return status;
    }
  }
  return connection;
}

RedisConnection::~RedisConnection() { redisFree(context_); }

void RedisConnection::Append(std::string_view commands) {
  // Fails for lack of memory alone; Read then finds the context's error.
  redisAppendFormattedCommand(context_, commands.data(), commands.size());
}

absl::StatusOr<RedisReply> RedisConnection::Read() {
  void* raw = nullptr;
  if (redisGetReply(context_, &raw) != REDIS_OK || raw == nullptr) return ErrorOf();
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(static_cast<redisReply*>(raw),
                                                                      freeReplyObject);
  return CopyOf(*reply, kMaxReplyDepth);
}

absl::StatusOr<RedisReply> RedisConnection::Run(const std::vector<std::string_view>& command) {
  RedisCommands words;
  words.Begin(command.size());
  for (const std::string_view word : command) words.Word(word);
  Append(words.text());
  absl::StatusOr<RedisReply> reply = Read();
  if (reply.ok() && reply->is_error()) return absl::UnavailableError(reply->text);
  return reply;
}

absl::Status RedisConnection::ErrorOf() const {
  const bool is_timeout = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
  return absl::UnavailableError(is_timeout ? "it does not answer in time" : context_->errstr);
}

}  // namespace junctor::engine
