// One answer of the faulty provider, well or in whatever way the request's behaviour says.
#pragma once

#include <string_view>

#include "engine/faulty/answer_form.h"
#include "engine/faulty/connection.h"
#include "engine/faulty/message.h"
#include "engine/faulty/received_request.h"

namespace junctor::engine {

// Answers `request`. Whether the connection may serve another one.
bool Respond(const ReceivedRequest& request, const Asked& asked, const Answer& answer,
             Connection* connection);

// A plain answer with Content-Length. Whether the connection may serve another one.
bool RespondPlainly(const ReceivedRequest& request, int status, std::string_view content_type,
                    std::string_view body, Connection* connection);

}  // namespace junctor::engine
