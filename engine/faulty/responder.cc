#include "engine/faulty/responder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "engine/faulty/gzip_stream.h"

namespace junctor::engine {
namespace {

using Kind = BehaviourKind;

constexpr int64_t kWrongLengthBytes = 10;
// Long enough that pieces are read one by one, short enough to run many tests.
constexpr std::chrono::milliseconds kBetweenSplitWrites{3};

// How the end of the body is told.
enum class BodyFraming : uint8_t { kLength, kChunked, kClose };

// Sends one message with the faults of its behaviour.
class Sender {
 public:
  Sender(const ReceivedRequest& request, const Behaviour& behaviour, Connection* connection)
      : request_(request), behaviour_(behaviour), connection_(connection) {}

  // Whether the connection may serve another request.
  bool Send(Message message) {
    ChooseFraming(message);
    const bool at_once = !message.stream && !CountsTokens();
    if (at_once) Merge(&message);
    if (behaviour_.Has(Kind::kGzip)) Compress(&message);
    pending_ = HeadOf(message);
    if (!at_once && !Flush()) return false;
    const bool has_body = request_.method != "HEAD" && message.status != 204 &&
                          message.status != 304 && message.status >= 200;
    if (has_body && !SendBody(message)) return false;
    if (!Flush()) return false;
    return keep_alive_ && !behaviour_.Has(Kind::kCloseAfter);
  }

 private:
  void ChooseFraming(const Message& message) {
    keep_alive_ = request_.minor_version > 0 &&
                  !net::EqualsIgnoreCase(request_.Header("connection"), "close");
    framing_ = message.stream ? BodyFraming::kChunked : BodyFraming::kLength;
    if (behaviour_.Has(Kind::kTrailers) || behaviour_.Has(Kind::kEndlessBody)) {
      framing_ = BodyFraming::kChunked;
    }
    if (behaviour_.Has(Kind::kLengthShort) || behaviour_.Has(Kind::kLengthLong)) {
      framing_ = BodyFraming::kLength;
    }
    if (behaviour_.Has(Kind::kHttp10) || request_.minor_version == 0) {
      framing_ = BodyFraming::kClose;
      keep_alive_ = false;
    }
  }

  // Whether some behaviour comes between the pieces of a body.
  bool CountsTokens() const {
    for (const Kind kind : {Kind::kCutAfter, Kind::kResetAfter, Kind::kStallAfter, Kind::kSlowBody,
                            Kind::kSplitUtf8}) {
      if (behaviour_.Has(kind)) return true;
    }
    return false;
  }

  static void Merge(Message* message) {
    ReplyPiece whole;
    whole.is_token = true;
    for (const ReplyPiece& piece : message->pieces) whole.bytes += piece.bytes;
    message->pieces = {std::move(whole)};
  }

  static void Compress(Message* message) {
    GzipStream gzip;
    for (ReplyPiece& piece : message->pieces) piece.bytes = gzip.Compress(piece.bytes);
    message->pieces.push_back({gzip.Finish(), false});
    message->more_headers += "Content-Encoding: gzip\r\n";
  }

  std::string HeadOf(const Message& message) {
    std::string head = behaviour_.Has(Kind::kHttp10) ? "HTTP/1.0 " : "HTTP/1.1 ";
    head += std::to_string(message.status) + " Faulty\r\nContent-Type: " + message.content_type +
            "\r\nX-Request-Id: req_faulty\r\n" + message.more_headers;
    if (message.stream) head += "Cache-Control: no-cache\r\n";
    if (framing_ == BodyFraming::kChunked) head += "Transfer-Encoding: chunked\r\n";
    if (framing_ == BodyFraming::kLength) {
      int64_t length = 0;
      for (const ReplyPiece& piece : message.pieces) {
        length += static_cast<int64_t>(piece.bytes.size());
      }
      if (behaviour_.Has(Kind::kLengthShort))
        length = std::max<int64_t>(0, length - kWrongLengthBytes);
      if (behaviour_.Has(Kind::kLengthLong)) length += kWrongLengthBytes;
      head += "Content-Length: " + std::to_string(length) + "\r\n";
    }
    if (behaviour_.Has(Kind::kTrailers)) head += "Trailer: X-Faulty-Trailer\r\n";
    if (!keep_alive_) head += "Connection: close\r\n";
    return head + "\r\n";
  }

  // Whether the body was sent to its end.
  bool SendBody(const Message& message) {
    uint64_t tokens = 0;
    for (const ReplyPiece& piece : message.pieces) {
      if (tokens > 0 || piece.is_token) {
        if (Reached(Kind::kCutAfter, tokens)) return false;
        if (Reached(Kind::kResetAfter, tokens)) {
          connection_->ResetAtEnd();
          return false;
        }
        if (Reached(Kind::kStallAfter, tokens)) {
          connection_->WaitForPeer();
          return false;
        }
      }
      if (piece.is_token) {
        ++tokens;
        const auto wait = std::chrono::milliseconds(behaviour_.Number(Kind::kSlowBody));
        if (wait.count() > 0 && !connection_->Pause(wait)) return false;
      }
      if (!SendPiece(piece.bytes)) return false;
    }
    if (behaviour_.Has(Kind::kEndlessBody) && !message.pieces.empty()) {
      while (!connection_->IsStopping() && SendPiece(message.pieces.front().bytes)) {
      }
      return false;
    }
    if (framing_ == BodyFraming::kChunked) {
      const bool trailers = behaviour_.Has(Kind::kTrailers);
      pending_ += trailers ? "0\r\nX-Faulty-Trailer: yes\r\n\r\n" : "0\r\n\r\n";
    }
    // After a wrong length nothing can follow.
    return !behaviour_.Has(Kind::kLengthShort) && !behaviour_.Has(Kind::kLengthLong);
  }

  // Whether a behaviour that comes after n tokens comes now.
  bool Reached(Kind kind, uint64_t tokens) const {
    return behaviour_.Has(kind) && tokens >= behaviour_.Number(kind);
  }

  bool SendPiece(std::string_view bytes) {
    if (!behaviour_.Has(Kind::kSplitUtf8)) return SendPart(bytes);
    // Each part ends after the first byte of a character of several.
    while (!bytes.empty()) {
      size_t end = 0;
      while (end < bytes.size() && static_cast<unsigned char>(bytes[end]) < 0xC0) ++end;
      end = std::min(end + 1, bytes.size());
      if (!SendPart(bytes.substr(0, end))) return false;
      bytes.remove_prefix(end);
      if (!bytes.empty() && !connection_->Pause(kBetweenSplitWrites)) return false;
    }
    return true;
  }

  bool SendPart(std::string_view bytes) {
    if (framing_ != BodyFraming::kChunked) {
      pending_.append(bytes);
    } else if (!bytes.empty()) {
      std::array<char, 17> size{};
      std::snprintf(size.data(), size.size(), "%zx", bytes.size());
      pending_.append(size.data()).append("\r\n").append(bytes).append("\r\n");
    }
    return Flush();
  }

  bool Flush() {
    const bool written = connection_->Write(pending_);
    pending_.clear();
    return written;
  }

  const ReceivedRequest& request_;
  const Behaviour& behaviour_;
  Connection* connection_;
  BodyFraming framing_ = BodyFraming::kLength;
  bool keep_alive_ = true;
  std::string pending_;  // made, not yet written
};

// What happens before, or in place of, a whole head. Whether an answer follows.
bool BeforeHead(const Behaviour& behaviour, Connection* connection) {
  const auto wait = std::chrono::milliseconds(behaviour.Number(Kind::kSlowFirst));
  if (!connection->Pause(wait)) return false;
  if (behaviour.Has(Kind::kSilent)) {
    connection->WaitForPeer();
    return false;
  }
  if (behaviour.Has(Kind::kResetBeforeHead)) {
    connection->ResetAtEnd();
    return false;
  }
  if (behaviour.Has(Kind::kCutBeforeHead)) return false;
  if (behaviour.Has(Kind::kCutInHead)) {
    (void)connection->Write("HTTP/1.1 200 OK\r\nContent-Type: appl");
    return false;
  }
  if (behaviour.Has(Kind::kEndlessHeaders)) {
    (void)connection->Write("HTTP/1.1 200 OK\r\n");
    uint64_t number = 0;
    std::string line;
    do {
      line = "X-Endless-" + std::to_string(number++) + ": " + std::string(64, 'x') + "\r\n";
    } while (!connection->IsStopping() && connection->Write(line));
    return false;
  }
  return true;
}

}  // namespace

bool Respond(const ReceivedRequest& request, const Asked& asked, const Answer& answer,
             Connection* connection) {
  if (!BeforeHead(answer.behaviour, connection)) return false;
  Sender sender(request, answer.behaviour, connection);
  return sender.Send(MessageOf(request, asked, answer));
}

bool RespondPlainly(const ReceivedRequest& request, int status, std::string_view content_type,
                    std::string_view body, Connection* connection) {
  Message message;
  message.status = status;
  message.content_type = content_type;
  message.pieces.push_back({std::string(body), true});
  const Behaviour well;
  return Sender(request, well, connection).Send(std::move(message));
}

}  // namespace junctor::engine
