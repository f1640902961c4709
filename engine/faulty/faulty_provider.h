// A provider that answers in OpenAI's, Anthropic's and Google's form and misbehaves as it is told:
// a tool for tests of gateways and clients. One thread a connection; not for the open network.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/base_url.h"
#include "engine/faulty/connection.h"
#include "engine/faulty/received_request.h"
#include "engine/faulty/recorder.h"
#include "engine/faulty/script.h"
#include "engine/faulty/tls_faults.h"

namespace junctor::engine {

struct FaultyProviderOptions {
  ListenAddress listen;
  TlsMode tls = TlsMode::kNone;
  std::string script;       // JSON text; empty: none
  std::string record_file;  // empty: none
};

class FaultyProvider {
 public:
  // Binds the address. FailedPrecondition: it can't be bound, or the record's file can't be
  // written; InvalidArgument: the script is wrong.
  static absl::StatusOr<std::unique_ptr<FaultyProvider>> Start(
      const FaultyProviderOptions& options);
  ~FaultyProvider();
  FaultyProvider(const FaultyProvider&) = delete;
  FaultyProvider& operator=(const FaultyProvider&) = delete;

  // "http://127.0.0.1:9100": with the real port where any free one was asked for.
  std::string url() const;
  // The certificate that a client must trust, as PEM; empty without TLS and where none would help.
  const std::string& authority_pem() const { return identity_.authority_pem; }
  // Serves until the file `stop` becomes readable, and every connection has ended.
  void Run(int stop);

 private:
  FaultyProvider() = default;
  void Serve(int socket, int stop, uint64_t number);
  // Whether the connection may serve another request.
  bool Answer(const ReceivedRequest& request, Connection* connection);
  bool AnswerOwnPath(const ReceivedRequest& request, Connection* connection);

  TlsMode tls_ = TlsMode::kNone;
  TlsIdentity identity_;
  ListenAddress address_;
  int listener_ = -1;
  Recorder recorder_;
  Script script_;

  std::mutex mutex_;
  std::condition_variable all_gone_;
  size_t connections_ = 0;
};

}  // namespace junctor::engine
