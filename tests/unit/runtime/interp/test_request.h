// A request for tests, from JSON texts, that owns all that it views.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/request/request.h"

namespace junctor::testing {

class TestRequest {
 public:
  TestRequest() = default;
  TestRequest(const TestRequest&) = delete;
  TestRequest& operator=(const TestRequest&) = delete;

  TestRequest& Body(std::string_view text) {
    body_.assign(text);
    const size_t size = body_.size();
    body_.append(kBodyPadding, ' ');
    BodyScanner scanner;
    const absl::Status status = scanner.Scan({body_.data(), size}, &index_);
    EXPECT_TRUE(status.ok()) << status;
    request_.body = &index_;
    request_.body_bytes = size;
    return *this;
  }
  TestRequest& MetadataText(std::string_view text, size_t max_entries = kMaxMetadataEntries) {
    auto metadata = Metadata::Parse(text, max_entries);
    EXPECT_TRUE(metadata.ok()) << metadata.status();
    metadata_.emplace(*std::move(metadata));
    request_.metadata = &*metadata_;
    return *this;
  }
  TestRequest& Header(std::string_view name, std::string_view value) {
    texts_.push_back(std::make_unique<std::string>(name));
    texts_.push_back(std::make_unique<std::string>(value));
    headers_.push_back({*texts_[texts_.size() - 2], *texts_.back()});
    request_.headers = headers_;
    return *this;
  }
  Request& request() { return request_; }
  const Request* get() const { return &request_; }

 private:
  std::string body_;
  BodyIndex index_;
  std::optional<Metadata> metadata_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<HeaderField> headers_;
  Request request_;
};

}  // namespace junctor::testing
