// One request of the admin API against what must hold of every request.
#pragma once

#include <string_view>

namespace junctor::engine {

// `input`: a line with the method and the path below /client/v4/accounts/acc, then the body. Ends
// the process where the answer is a fault of the server's, where it is not an envelope, or where a
// request that was refused left something in the store. What is stored stays for later requests.
void CheckAdminRequest(std::string_view input);

}  // namespace junctor::engine
