// The route files that a command is given, read and compiled.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/cli/client/client_session.h"
#include "engine/cli/client/route_file.h"

namespace junctor::engine {

// Every file of `paths` (files, folders, "-"), compiled; two files of one name are an error. Errors
// of all of them go to the error stream, as `junctor check` shows them; then there is nothing.
std::optional<std::vector<RouteFile>> LoadRouteFiles(const std::vector<std::string>& paths,
                                                     const Console& console);

// What the server's compiler says of `file`. Nothing is stored.
ControlResult<std::vector<ControlError>> ValidateOnServer(ClientSession& session,
                                                          const RouteFile& file);

// The body of a request with the file's elements, and with `name` where it is not empty, `comment`
// likewise.
std::string RouteBody(const RouteFile& file, const std::string& name, const std::string& comment);

}  // namespace junctor::engine
