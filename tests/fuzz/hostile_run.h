// Runs any program to its end over requests that are made to hurt it, and checks what has to hold
// of every run.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/interp/step.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"

namespace junctor {

// A request whose fields are the ones that a program reads, with values of every kind: the
// program's own constants, other types, edges of numbers, deep arrays, text that is no UTF-8. The
// same seed makes the same request. Owns all that request() views.
class HostileRequest {
 public:
  HostileRequest(const Program& program, uint64_t seed);
  HostileRequest(const HostileRequest&) = delete;
  HostileRequest& operator=(const HostileRequest&) = delete;

  const Request& request() const { return request_; }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  void CollectWords(const Program& program);
  void CollectWords(const Value& value, uint32_t levels);
  const std::string& Word() { return words_[Below(words_.size())]; }
  std::string Quoted(std::string_view text);
  std::string Scalar();
  std::string Json(uint32_t levels);
  std::string Body(const Program& program);
  void AddHeaders(const Program& program);
  void AddMetadata(const Program& program);

  std::mt19937_64 random_;
  std::vector<std::string>
      words_;              // keys and texts that the program knows, and some that it does not
  std::string body_text_;  // with the padding that scanning needs
  std::vector<std::string> header_texts_;
  std::vector<HeaderField> headers_;
  std::unique_ptr<Metadata> metadata_;
  BodyIndex body_;
  Request request_;
};

// Runs `program` over `request` with answers drawn by `seed`, as a host does: with hedges, and with
// streams that break off and are continued. Ends the process where the run goes
// backwards, takes more steps than the program's bounds allow, names a table entry that is not
// there, or ends other than by a proper finish. Returns how it ended.
FinishStep RunToEnd(std::shared_ptr<const Program> program, const Request& request, uint64_t seed);

// Both, for a few requests.
void RunHostile(const std::shared_ptr<const Program>& program, uint64_t seed);

}  // namespace junctor
