// Requests of the admin API: never a fault of the server's, never half of a change.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/admin_request_check.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  junctor::engine::CheckAdminRequest({reinterpret_cast<const char*>(data), size});
  return 0;
}
