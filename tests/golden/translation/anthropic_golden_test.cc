#include "engine/providers/anthropic/anthropic_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Anthropic, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("anthropic",
                                                              engine::AnthropicFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
