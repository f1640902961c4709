// The request as one JSON document, so that the judge has a single kind of path (R18).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/json.h"

namespace junctor::oracle {

// A request as it comes over the wire.
struct RequestText {
  std::string method = "POST";
  std::string path = "/v1/chat/completions";
  std::string client_ip = "127.0.0.1";
  std::vector<std::pair<std::string, std::string>> headers;  // each name once
  std::optional<std::string> metadata;                       // the text of cf-aig-metadata
  std::optional<std::string> body;
  int64_t unix_seconds = 0;
};

// {"body", "headers", "metadata", "request"}; what is missing or unreadable has no member (R33).
class RequestDocument {
 public:
  explicit RequestDocument(const RequestText& request);
  // From a line of the conditions sample: {"body"?, "headers"?, "metadata"?} as JSON.
  explicit RequestDocument(const Json& sample);

  const Json& json() const { return document_; }

 private:
  void AddHeader(const std::string& name, const std::string& value);
  void AddMetadata(const Json& metadata);
  void AddBody(const Json& body);
  void AddFacts(const RequestText& request);

  rapidjson::Document document_{rapidjson::kObjectType};
};

}  // namespace junctor::oracle
