// The client over TLS: trust, names, sessions taken up again.
#include <gtest/gtest.h>

#include "tests/unit/engine/net/tls_testing.h"

namespace junctor::net {
namespace {

using testing::TlsTest;

// Each way that the two versions have of taking a session up again: TLS 1.3 hands its tickets out
// after the handshake.
TEST_F(TlsTest, SpeaksToAServerOfATrustedCaWithSniAndReusesTheSession) {
  for (const auto& [option, version] :
       {std::pair<std::string, std::string>("-tls1_2", "TLSv1.2"), {"-tls1_3", "TLSv1.3"}}) {
    SCOPED_TRACE(version);
    StartTlsServer("localhost", {option});
    const std::string ca_file = (directory_ / "ca.pem").string();
    const std::string first = Fetch("localhost", ca_file, 1);
    EXPECT_NE(first.find("New, " + version), std::string::npos) << first;
    const std::string second = Fetch("localhost", ca_file, 2);
    EXPECT_NE(second.find("Reused, " + version), std::string::npos) << second;
    StopTlsServer();
  }
}

TEST_F(TlsTest, RefusesAnUnknownCa) {
  StartTlsServer("localhost");
  const std::string outcome = Fetch("localhost", "");
  EXPECT_NE(outcome.find("connect: localhost:"), std::string::npos) << outcome;
  EXPECT_NE(outcome.find("certificate refused"), std::string::npos) << outcome;
}

TEST_F(TlsTest, RefusesAnotherHostName) {
  StartTlsServer("localhost");
  const std::string outcome = Fetch("127.0.0.1", (directory_ / "ca.pem").string());
  EXPECT_NE(outcome.find("connect: 127.0.0.1:"), std::string::npos) << outcome;
  EXPECT_NE(outcome.find("IP address mismatch"), std::string::npos) << outcome;
}

TEST(TlsClientContext, NamesACaFileThatCannotBeUsed) {
  const auto context = TlsClientContext::Create("/nowhere/ca.pem");
  ASSERT_FALSE(context.ok());
  EXPECT_NE(std::string(context.status().message()).find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace junctor::net
