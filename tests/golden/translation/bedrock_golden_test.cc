#include "engine/providers/bedrock/bedrock_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Bedrock, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("bedrock", engine::BedrockFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
