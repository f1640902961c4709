// The log: what its lines look like, where they go, and that they never mix.
#include "engine/observe/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "engine/observe/log_event.h"
#include "engine/observe/request_record.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  LogTest()
      : file_(std::filesystem::temp_directory_path() /
              ("junctor_log_test_" + std::to_string(getpid()))) {
    std::filesystem::remove(file_);
  }
  ~LogTest() override { std::filesystem::remove(file_); }

  std::unique_ptr<Log> Open(LogLevel level) {
    auto log = Log::Open(level, file_.string());
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }

  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  std::filesystem::path file_;
};

RequestRecord SomeRequest() {
  RequestRecord record;
  record.log_id = "01L";
  record.event_id = "01E";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.route = "support";
  record.version = 3;
  record.elements = {"start", "by-plan", "mini"};
  record.attempts = {{"mini", "openai", "gpt-4o-mini", 503, "overloaded", "", 12.5},
                     {"mini", "openai", "gpt-4o-mini", 200, "", "", 340.125}};
  record.status = 200;
  record.outcome = "response";
  record.first_byte_ms = 353;
  record.total_ms = 1200.5;
  record.bytes_in = 1063;
  record.bytes_out = 600;
  return record;
}

TEST_F(LogTest, AnEventIsOneLineWithItsFieldsInOrder) {
  const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
  LogEvent(log.get(), LogLevel::kInfo, "listening")
      .Text("address", "127.0.0.1:8787")
      .Integer("delta", -4)
      .Unsigned("routes", 7)
      .Real("share", 0.5)
      .Bool("tls", false)
      .Json("list", "[1]");
  EXPECT_THAT(Text(), MatchesRegex("\\{\"time\":\"20[0-9-]+T[0-9:]+\\.[0-9][0-9][0-9]Z\","
                                   "\"level\":\"info\",\"event\":\"listening\",\"address\":"
                                   "\"127\\.0\\.0\\.1:8787\",\"delta\":-4,\"routes\":7,\"share\":"
                                   "0\\.5,\"tls\":false,\"list\":\\[1\\]\\}\n"));
}

TEST_F(LogTest, TheRequestLineHasEveryField) {
  const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
  LogRequest(log.get(), SomeRequest());
  EXPECT_THAT(
      Text(),
      HasSubstr("\"level\":\"info\",\"event\":\"request\",\"log_id\":\"01L\",\"event_id\":\"01E\","
                "\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"route\":\"support\","
                "\"version\":3,\"elements\":[\"start\",\"by-plan\",\"mini\"],\"attempts\":["
                "{\"element\":\"mini\",\"provider\":\"openai\",\"model\":\"gpt-4o-mini\","
                "\"status\":503,\"class\":\"overloaded\",\"ms\":12.5},"
                "{\"element\":\"mini\",\"provider\":\"openai\",\"model\":\"gpt-4o-mini\","
                "\"status\":200,\"class\":null,\"ms\":340.125}],\"status\":200,\"outcome\":"
                "\"response\",\"first_byte_ms\":353,\"total_ms\":1200.5,\"bytes_in\":1063,"
                "\"bytes_out\":600}\n"));
}

TEST_F(LogTest, WhatThereIsNotIsNull) {
  const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
  LogRequest(log.get(), RequestRecord());
  EXPECT_THAT(Text(), HasSubstr("\"route\":null,\"version\":null,\"elements\":[],\"attempts\":[],"
                                "\"status\":null,\"outcome\":\"\",\"first_byte_ms\":null"));
}

TEST_F(LogTest, ALevelDropsEverythingBelowIt) {
  const std::unique_ptr<Log> log = Open(LogLevel::kWarn);
  LogRequest(log.get(), SomeRequest());
  LogEvent(log.get(), LogLevel::kInfo, "not written").Text("key", "value");
  LogEvent(log.get(), LogLevel::kError, "written");
  EXPECT_THAT(Text(), MatchesRegex("\\{[^\n]*\"event\":\"written\"\\}\n"));
}

TEST_F(LogTest, ALevelOfOffWritesNothing) {
  const std::unique_ptr<Log> log = Open(LogLevel::kOff);
  LogEvent(log.get(), LogLevel::kError, "not written");
  EXPECT_EQ(Text(), "");
}

TEST_F(LogTest, LinesThatAreBuiltAtOnceOnOneThreadStayApart) {
  const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
  {
    LogEvent outer(log.get(), LogLevel::kInfo, "outer");
    LogEvent(log.get(), LogLevel::kInfo, "inner").Integer("n", 1);
    outer.Integer("n", 2);
  }
  EXPECT_THAT(Text(), MatchesRegex("\\{[^\n]*\"event\":\"inner\",\"n\":1\\}\n"
                                   "\\{[^\n]*\"event\":\"outer\",\"n\":2\\}\n"));
}

TEST_F(LogTest, LinesOfSeveralThreadsNeverMix) {
  constexpr int kLines = 2000;
  {
    const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
    const auto write = [&log](char letter) {
      const std::string text(200, letter);
      for (int i = 0; i < kLines; ++i) {
        LogEvent(log.get(), LogLevel::kInfo, "line").Text("text", text);
      }
    };
    std::thread a(write, 'a');
    std::thread b(write, 'b');
    a.join();
    b.join();
  }
  std::ifstream lines(file_);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const bool is_a = line.ends_with(std::string(200, 'a') + "\"}");
    const bool is_b = line.ends_with(std::string(200, 'b') + "\"}");
    ASSERT_TRUE(line.starts_with("{\"time\":") && (is_a || is_b)) << line;
  }
  EXPECT_EQ(count, 2 * kLines);
}

TEST_F(LogTest, ReopenLetsARenamedFileGo) {
  const std::unique_ptr<Log> log = Open(LogLevel::kInfo);
  LogEvent(log.get(), LogLevel::kInfo, "before");
  const std::filesystem::path rotated = file_.string() + ".1";
  std::filesystem::rename(file_, rotated);
  ASSERT_TRUE(log->Reopen().ok());
  LogEvent(log.get(), LogLevel::kInfo, "after");
  EXPECT_THAT(Text(), HasSubstr("after"));
  EXPECT_EQ(Text().find("before"), std::string::npos);
  std::filesystem::remove(rotated);
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = Log::Open(LogLevel::kInfo, "/nonexistent/folder/log");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.status().message(),
            "cannot open the log file `/nonexistent/folder/log`: No such file or directory");
}

TEST_F(LogTest, ALineThatCannotBeWrittenIsCounted) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  Log log(LogLevel::kInfo, full);
  LogEvent(&log, LogLevel::kInfo, "lost");
  EXPECT_EQ(log.dropped_lines(), 1u);
  close(full);
}

}  // namespace
}  // namespace junctor::engine
