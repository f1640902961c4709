#include "engine/net/head_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace junctor::net {
namespace {

struct RefusedCase {
  const char* name;
  std::string head;
  int status;
};

std::vector<RefusedCase> RefusedCases() {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  return {
      {"length and coding", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"coding and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
      {"two differing lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"two equal lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400},
      {"list of lengths", post + "Content-Length: 3, 3\r\n\r\n", 400},
      {"signed length", post + "Content-Length: +3\r\n\r\n", 400},
      {"negative length", post + "Content-Length: -3\r\n\r\n", 400},
      {"hexadecimal length", post + "Content-Length: 0x3\r\n\r\n", 400},
      {"empty length", post + "Content-Length:\r\n\r\n", 400},
      {"length beyond 64 bits", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"coding gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
      {"coding identity", post + "Transfer-Encoding: identity\r\n\r\n", 400},
      {"coding xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n", 400},
      {"coding with a vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n", 400},
      {"coding twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"space before the colon", post + "Content-Length : 3\r\n\r\n", 400},
      {"tab before the colon", post + "Content-Length\t: 3\r\n\r\n", 400},
      {"folded header", get + "X: a\r\n b\r\n\r\n", 400},
      {"header line that starts with a space", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"no colon", get + "nonsense\r\n\r\n", 400},
      {"empty name", get + ": x\r\n\r\n", 400},
      {"bare CR in a value", get + "X: a\rb\r\n\r\n", 400},
      {"NUL in a value", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"DEL in a value", get + "X: a\x7f\r\n\r\n", 400},
      {"control character in a long value", get + "X: 0123456789\x01 0123456789\r\n\r\n", 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get + "Host: h\r\n\r\n", 400},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"target without a slash", "GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target of another scheme", "GET ftp://x/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target with a fragment", "GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target with a space", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target with a control character", "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target beyond ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"* for GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"lower-case version", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
      {"method not a token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"HTTP/2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"unknown expectation", post + "Expect: 200-ok\r\n\r\n", 417},
      {"too many headers", get + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", 431},
  };
}

TEST(ParseRequestHead, RefusesWhatTwoParsersCouldReadDifferently) {
  for (const RefusedCase& c : RefusedCases()) {
    SCOPED_TRACE(c.name);
    RequestHead head;
    const HeadError error = ParseRequestHead(c.head, 4, head);
    EXPECT_EQ(error.status, c.status) << error.message;
    EXPECT_FALSE(error.message.empty());
  }
}

TEST(ParseRequestHead, ReadsAnOrdinaryHead) {
  const std::string text =
      "POST /v1/chat?x=1 HTTP/1.1\r\nHost: example.com:80\r\nX-Empty:\r\n"
      "content-LENGTH:  12 \r\nX-Utf8: \xc3\xa4\tb\r\nExpect: 100-Continue\r\n\r\n";
  RequestHead head;
  const HeadError error = ParseRequestHead(text, 100, head);
  ASSERT_TRUE(error.ok()) << error.message;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat?x=1");
  EXPECT_EQ(head.path(), "/v1/chat");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
  ASSERT_NE(head.Find("x-EMPTY"), nullptr);
  EXPECT_EQ(*head.Find("x-EMPTY"), "");
  EXPECT_EQ(*head.Find("x-utf8"), "\xc3\xa4\tb");
  EXPECT_EQ(head.Find("absent"), nullptr);
}

TEST(ParseRequestHead, CutsAnAbsoluteTargetDownToItsPath) {
  RequestHead head;
  EXPECT_TRUE(ParseRequestHead("GET http://h:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n", 9, head).ok());
  EXPECT_EQ(head.target, "/a?b");
  EXPECT_TRUE(ParseRequestHead("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 9, head).ok());
  EXPECT_EQ(head.target, "/");
}

TEST(ParseRequestHead, KnowsWhoKeepsTheConnection) {
  const auto keeps = [](const std::string& head_text) {
    RequestHead head;
    EXPECT_TRUE(ParseRequestHead(head_text, 9, head).ok());
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(HeadScanner, FindsTheEndWhateverThePieces) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string data = head + "rest\r\n\r\n";
  for (size_t cut = 0; cut <= data.size(); ++cut) {
    HeadScanner scanner;
    HeadScanner::State state = scanner.Scan(std::string_view(data).substr(0, cut));
    if (cut < head.size()) {
      ASSERT_EQ(state, HeadScanner::State::kNeedMore) << cut;
      state = scanner.Scan(data);
    }
    ASSERT_EQ(state, HeadScanner::State::kComplete) << cut;
    ASSERT_EQ(scanner.head_size(), head.size());
  }
}

TEST(HeadScanner, RefusesABareLineFeed) {
  for (const char* text : {"GET / HTTP/1.1\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n\n", "\n"}) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.Scan(text), HeadScanner::State::kBareLineFeed) << text;
  }
}

TEST(ParseResponseHead, KnowsTheFramingOfTheBody) {
  struct Case {
    std::string text;
    bool head_request;
    Framing framing;
    bool keep_alive;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Framing::kLength, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Framing::kNone, true},
      {"HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n", false, Framing::kChunked, true},
      {"HTTP/1.1 200 OK\r\n\r\n", false, Framing::kUntilClose, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, Framing::kLength, false},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, Framing::kNone, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, Framing::kNone, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", false, Framing::kLength,
       false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    ResponseHead head;
    const HeadError error = ParseResponseHead(c.text, 100, c.head_request, head);
    ASSERT_TRUE(error.ok()) << error.message;
    EXPECT_EQ(head.framing, c.framing);
    EXPECT_EQ(head.keep_alive, c.keep_alive);
  }
}

TEST(ParseResponseHead, RefusesWhatIsNotHttp) {
  for (const char* text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n"}) {
    ResponseHead head;
    EXPECT_FALSE(ParseResponseHead(text, 100, false, head).ok()) << text;
  }
}

}  // namespace
}  // namespace junctor::net
