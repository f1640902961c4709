// Reading whole files.
#include "engine/store/file_reader.h"

#include <sys/stat.h>

#include "tests/unit/engine/store/route_files.h"

namespace junctor::engine {
namespace {

using FileReaderTest = RouteFiles;

TEST_F(FileReaderTest, AFileIsReadWhole) {
  const std::string text = std::string(300'000, 'x') + '\0' + "end";
  Write("big", text);
  const auto read = ReadFile((routes_ / "big").string(), 1'000'000);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, text);
  Write("empty", "");
  EXPECT_EQ(*ReadFile((routes_ / "empty").string(), 10), "");
}

TEST_F(FileReaderTest, TheLimitIsExact) {
  Write("ten", "0123456789");
  EXPECT_TRUE(ReadFile((routes_ / "ten").string(), 10).ok());
  EXPECT_EQ(ReadFile((routes_ / "ten").string(), 9).status().message(),
            "it is too long (limit is 9 bytes)");
}

TEST_F(FileReaderTest, WhatIsNoFileIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(ReadFile((routes_ / "none").string(), 10).status()));
  EXPECT_EQ(ReadFile(routes_.string(), 10).status().message(), "it is a directory");
  ASSERT_EQ(mkfifo((routes_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile((routes_ / "pipe").string(), 10).status().message(),
            "it is not a regular file");
}

}  // namespace
}  // namespace junctor::engine
