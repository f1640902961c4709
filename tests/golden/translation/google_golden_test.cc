#include "engine/providers/google/google_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Google, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("google", engine::GoogleFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
