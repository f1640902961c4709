#include "engine/providers/cohere/cohere_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Cohere, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("cohere", engine::CohereFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
