// Base URLs and listen addresses.
#include "engine/config/base_url.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(BaseUrlTest, AUrlIsTakenApart) {
  const struct {
    const char* text;
    bool tls;
    const char* host;
    uint16_t port;
    const char* path;
    const char* authority;
  } kCases[] = {
      {"https://api.openai.com/v1", true, "api.openai.com", 443, "/v1", "api.openai.com"},
      {"http://127.0.0.1:9000/v1/", false, "127.0.0.1", 9000, "/v1", "127.0.0.1:9000"},
      {"http://localhost", false, "localhost", 80, "", "localhost"},
      {"http://localhost:80/", false, "localhost", 80, "", "localhost"},
      {"https://[::1]:8443/a/b", true, "::1", 8443, "/a/b", "[::1]:8443"},
      {"https://[fe80::1]", true, "fe80::1", 443, "", "[fe80::1]"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.text);
    const auto url = ParseBaseUrl(one.text);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->tls, one.tls);
    EXPECT_EQ(url->host, one.host);
    EXPECT_EQ(url->port, one.port);
    EXPECT_EQ(url->path, one.path);
    EXPECT_EQ(url->authority, one.authority);
  }
}

TEST(BaseUrlTest, AWrongUrlIsRefusedWithTheReason) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"", "expected a URL that begins with `http://` or `https://`, found ``"},
      {"ftp://x", "expected a URL that begins with `http://` or `https://`, found `ftp://x`"},
      {"http://", "the host is missing"},
      {"http:///v1", "the host is missing"},
      {"http://a b/", "the URL holds a character that must be percent-encoded"},
      {"http://a/\r\nX: y", "the URL holds a character that must be percent-encoded"},
      {"http://a:0/", "port 0 can't be called"},
      {"http://a:65536/", "`65536` is not a port (0 to 65535)"},
      {"http://a:/", "`` is not a port (0 to 65535)"},
      {"http://a:80x/", "`80x` is not a port (0 to 65535)"},
      {"http://::1/", "`::1` has several `:`; write an IPv6 address as `[::1]`"},
      {"http://[::1/", "`[::1` has a `[` without its `]`"},
      {"http://[::1]9/", "after `]` comes `:` and a port, found `9`"},
      {"http://[gg]/", "`gg` is not an IPv6 address"},
      {"http://a/?x=1", "a base URL has no query and no fragment, found `http://a/?x=1`"},
      {"http://user:pw@a/",
       "a base URL holds no user or password; name the key's variable in `key_env`"},
      {"http://-a/", "`-a` is not a host name"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.text);
    const auto url = ParseBaseUrl(one.text);
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.status().message(), one.message);
  }
}

TEST(ListenAddressTest, HostAndPort) {
  const auto v4 = ParseListenAddress("0.0.0.0:0");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "0.0.0.0");
  EXPECT_EQ(v4->port, 0);
  const auto v6 = ParseListenAddress("[::1]:8787");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 8787);
}

TEST(ListenAddressTest, APortIsNeeded) {
  for (const char* text : {"", "8787", "127.0.0.1", "[::1]", "a:b", ":8787", "::1:8787"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace junctor::engine
