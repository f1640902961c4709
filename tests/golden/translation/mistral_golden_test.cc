#include "engine/providers/mistral/mistral_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Mistral, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("mistral", engine::MistralFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
