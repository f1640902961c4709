// What a client of the faulty provider meets when it connects.
#pragma once

#include <cstdint>

namespace junctor::engine {

enum class TlsMode : uint8_t {
  kNone,             // no TLS
  kGood,             // a certificate of its own authority for localhost, 127.0.0.1 and ::1
  kSelfSigned,       // one that signs itself
  kExpired,          // of its authority, until yesterday
  kWrongHost,        // of its authority, for wrong.example
  kAbort,            // a reset after the client's first bytes
  kRefuseHandshake,  // the alert handshake_failure
};

}  // namespace junctor::engine
