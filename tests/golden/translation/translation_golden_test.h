// Golden cases of translation. A case is a folder tests/golden/translation/<format>/<case>/ of
// inputs and of what became of them:
//
//   request.json          chat request in OpenAI's form → upstream_request.txt: path, headers, body
//   settings.json         optional: {"region","project","api_version","default_max_tokens"}
//   answer.json           a whole answer of the provider's → answer_openai.json
//   answer.sse, answer.hex (frames; `#` to the line's end is comment) a stream → answer_openai.sse
//   errors.txt            failures → failures.txt: blocks that a line `---` parts, each "HTTP 429",
//                         header lines, an empty line, the body
//   error.json            one failure → failure.txt; error_status: its status, then header lines
//                         (else 400)
//
// What an answer cannot show by itself follows it in lines that begin with `!!`. Answers are also
// fed cut in two at every byte, and byte by byte: the output must be the same.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/providers/chat/wire_format.h"

namespace junctor::testing {

struct TranslationCase {
  std::filesystem::path folder;
  const engine::WireFormat* format;
};

// The cases in tests/golden/translation/<folder>, by name.
std::vector<TranslationCase> TranslationCases(const std::string& folder,
                                              const engine::WireFormat& format);

// A case's name as GoogleTest takes it.
std::string TranslationCaseName(const ::testing::TestParamInfo<TranslationCase>& info);

class TranslationGolden : public ::testing::TestWithParam<TranslationCase> {};

}  // namespace junctor::testing
