// What the faulty provider says to one request: the pieces of a body with their head's fields,
// before the faults of sending.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/faulty/answer_form.h"
#include "engine/faulty/behaviour.h"
#include "engine/faulty/received_request.h"
#include "engine/faulty/reply.h"

namespace junctor::engine {

// What is to be done with one request.
struct Answer {
  Behaviour behaviour;
  uint64_t earlier_requests = 0;  // for the model's name, for behaviours that count
  // Set: no behaviour of that name; why.
  std::string unknown;
};

struct Message {
  int status = 200;
  std::string content_type = "application/json";
  std::string more_headers;  // lines
  std::vector<ReplyPiece> pieces;
  bool stream = false;
};

// The message that answers `request`, with the faults of its content.
Message MessageOf(const ReceivedRequest& request, const Asked& asked, const Answer& answer);

}  // namespace junctor::engine
