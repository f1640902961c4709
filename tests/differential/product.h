// The product under test: one route as three programs, run in the judge's terms.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "runtime/program/program.h"
#include "runtime/request/request.h"
#include "tests/differential/generator.h"
#include "tests/oracle/request_document.h"
#include "tests/oracle/route.h"

namespace junctor::differential {

// One route, compiled in every way that must not make a difference.
struct Programs {
  std::shared_ptr<const Program> optimised;
  std::shared_ptr<const Program> plain;     // no optimisation passes
  std::shared_ptr<const Program> reloaded;  // `optimised` after encode and decode
  std::string errors;                       // why there are none; empty when there are
};
Programs CompileAll(std::string_view route_text);

// A request as the runtime wants it; keeps what it views.
class RuntimeRequest {
 public:
  explicit RuntimeRequest(const oracle::RequestText& text);
  RuntimeRequest(const RuntimeRequest&) = delete;
  RuntimeRequest& operator=(const RuntimeRequest&) = delete;

  const Request& request() const { return request_; }

 private:
  std::string padded_body_;
  BodyScanner scanner_;
  BodyIndex index_;
  std::unique_ptr<Metadata> metadata_;
  std::vector<HeaderField> headers_;
  Request request_;
};

// A world whose answers are a function of a seed, the element and the attempt.
class SeededWorld : public oracle::World {
 public:
  SeededWorld(uint64_t seed, bool has_deadline) : seed_(seed), has_deadline_(has_deadline) {}

  uint32_t Draw(const std::string& element) override;
  uint32_t StickyDraw(const std::string& element, const std::string& key) override;
  oracle::LimitReply Limit(const std::string& element) override;
  oracle::CallReply Call(const std::string& element, uint32_t attempt) override;
  bool Breaks(const std::string& element, uint32_t attempt) override;

  uint64_t Uniform(const std::string& element) const;
  // What sticky splits drew in the traced run: their hash is the product's own business (R13).
  std::map<std::string, uint32_t> sticky_draws;
  // The keys that sticky splits were asked for by the judge, by element.
  std::map<std::string, std::string> sticky_keys;

 private:
  uint64_t Hash(const std::string& text) const;

  uint64_t seed_;
  bool has_deadline_;
};

// Runs `program` to its end. Steps are those of oracle::Run, `limit_keys` the product's own
// encoding. With `traced`, the run is traced and its sticky draws are noted in `world`. Delays that
// break R21, and calls beyond the program's bound, become steps that begin with "bad".
oracle::Run RunProgram(const std::shared_ptr<const Program>& program, const Request& request,
                       SeededWorld* world, bool traced);

}  // namespace junctor::differential
