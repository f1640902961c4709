// Proxies from the environment.
#include "engine/net/proxy_settings.h"

#include <gtest/gtest.h>

#include <map>

namespace junctor::net {
namespace {

using Environment = std::map<std::string, std::string>;

absl::StatusOr<ProxySettings> Settings(const Environment& environment) {
  return ProxySettings::FromEnvironment([&](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(std::string(name));
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
}

// "host:port authorization", "direct", or "error: …", for "https://name" or "http://name[:port]".
std::string Way(const Environment& environment, const Upstream& upstream) {
  const absl::StatusOr<ProxySettings> settings = Settings(environment);
  if (!settings.ok()) return "error: " + std::string(settings.status().message());
  const ProxyServer* proxy = settings->ProxyFor(upstream);
  if (proxy == nullptr) return "direct";
  std::string way = proxy->host + ":" + std::to_string(proxy->port);
  if (!proxy->authorization.empty()) way += " " + proxy->authorization;
  return way;
}

const Upstream kTls{"api.example.com", 443, true};
const Upstream kPlain{"api.example.com", 80, false};

TEST(ProxySettings, ChoosesTheVariableByScheme) {
  struct Case {
    const char* sentence;
    Environment environment;
    std::string tls;
    std::string plain;
  };
  const Case cases[] = {
      {"nothing set", {}, "direct", "direct"},
      {"one each", {{"HTTPS_PROXY", "http://s:1"}, {"HTTP_PROXY", "http://p:2"}}, "s:1", "p:2"},
      {"only one", {{"HTTPS_PROXY", "http://s:1"}}, "s:1", "direct"},
      {"all", {{"ALL_PROXY", "http://a:3"}}, "a:3", "a:3"},
      {"all beside one", {{"ALL_PROXY", "http://a:3"}, {"http_proxy", "http://p:2"}}, "a:3", "p:2"},
      {"lower case wins",
       {{"HTTPS_PROXY", "http://upper:1"}, {"https_proxy", "http://lower:1"}},
       "lower:1",
       "direct"},
      {"empty is unset",
       {{"HTTPS_PROXY", "http://upper:1"}, {"https_proxy", ""}},
       "upper:1",
       "direct"},
      {"no scheme, no port, a slash",
       {{"ALL_PROXY", "proxy.example/"}},
       "proxy.example:80",
       "proxy.example:80"},
      {"IPv6", {{"ALL_PROXY", "http://[::1]:3128"}}, "::1:3128", "::1:3128"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.sentence);
    EXPECT_EQ(Way(c.environment, kTls), c.tls);
    EXPECT_EQ(Way(c.environment, kPlain), c.plain);
  }
}

TEST(ProxySettings, DecodesUserAndPassword) {
  EXPECT_EQ(Way({{"ALL_PROXY", "http://Aladdin:open%20sesame@p:1"}}, kTls),
            "p:1 Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(Way({{"ALL_PROXY", "http://us%40er@p:1"}}, kTls), "p:1 Basic dXNAZXI6");
}

TEST(ProxySettings, NamesWhatIsWrongWithoutItsCredentials) {
  for (const std::string value :
       {"socks5://user:secret@p:1", "https://user:secret@p:1", "http://user:secret@",
        "http://user:secret@p:99999", "http://user:secret@p:1/path", "http://user:se%crets@p:1",
        "http://user:secret@p q:1", "user:secret@p:0", "http://user:secret@[::1:1",
        "secret://user:secret@p:1"}) {
    SCOPED_TRACE(value);
    const std::string way = Way({{"https_proxy", value}}, kTls);
    EXPECT_EQ(way.substr(0, 20), "error: https_proxy: ");
    EXPECT_EQ(way.find("secret"), std::string::npos) << way;
  }
  for (const std::string value : {"10.0.0.0/33", "::/129", "a b", "example.com:x", "10.0.0.0/x"}) {
    SCOPED_TRACE(value);
    const std::string way = Way({{"NO_PROXY", "fine.test, " + value}}, kTls);
    EXPECT_EQ(way, "error: NO_PROXY: \"" + value +
                       "\" is not a name, an address or a block of addresses");
  }
}

TEST(ProxySettings, LeavesOutWhatNoProxySays) {
  struct Case {
    std::string no_proxy;
    std::string host;
    uint16_t port;
    bool direct;
  };
  const Case cases[] = {
      {"", "example.com", 443, false},
      {"*", "example.com", 443, true},
      {"x, *", "1.2.3.4", 443, true},
      {"example.com", "example.com", 443, true},
      {"EXAMPLE.com", "Example.COM.", 443, true},
      {"example.com", "api.example.com", 443, true},
      {"example.com", "badexample.com", 443, false},
      {"example.com", "example.com.evil.test", 443, false},
      {".example.com", "api.example.com", 443, true},
      {".example.com", "example.com", 443, false},
      {"*.example.com", "api.example.com", 443, true},
      {"*.example.com", "example.com", 443, false},
      {"example.com:443", "example.com", 443, true},
      {"example.com:443", "example.com", 8443, false},
      {" a.test ,, b.test ", "b.test", 443, true},
      {"10.1.2.3", "10.1.2.3", 443, true},
      {"10.1.2.3", "10.1.2.4", 443, false},
      {"10.1.2.3:80", "10.1.2.3", 443, false},
      {"10.0.0.0/8", "10.255.0.1", 443, true},
      {"10.0.0.0/8", "11.0.0.1", 443, false},
      {"10.0.0.128/25", "10.0.0.127", 443, false},
      {"10.0.0.128/25", "10.0.0.129", 443, true},
      {"0.0.0.0/0", "8.8.8.8", 443, true},
      {"0.0.0.0/0", "2001:db8::1", 443, false},
      {"0.0.0.0/0", "example.com", 443, false},
      {"2001:db8::/32", "2001:db8:1::1", 443, true},
      {"2001:db8::/32", "2001:db9::1", 443, false},
      {"[2001:db8::1]:443", "2001:db8::1", 443, true},
      {"2001:db8::1", "2001:0db8:0::1", 443, true},
      {"10.1.2.3", "::ffff:10.1.2.3", 443, true},
      {"", "localhost", 443, true},
      {"", "LOCALHOST", 443, true},
      {"", "127.0.0.1", 443, true},
      {"", "127.9.9.9", 443, true},
      {"", "::1", 443, true},
      {"", "::ffff:127.0.0.1", 443, true},
      {"", "128.0.0.1", 443, false},
      {"", "localhost.example.com", 443, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.no_proxy + " for " + c.host + ":" + std::to_string(c.port));
    const Upstream upstream{c.host, c.port, true};
    EXPECT_EQ(Way({{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", c.no_proxy}}, upstream),
              c.direct ? "direct" : "p:1");
  }
}

}  // namespace
}  // namespace junctor::net
