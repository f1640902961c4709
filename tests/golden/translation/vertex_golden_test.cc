#include "engine/providers/google/vertex_format.h"
#include "tests/golden/translation/translation_golden_test.h"

namespace junctor::testing {

INSTANTIATE_TEST_SUITE_P(Vertex, TranslationGolden,
                         ::testing::ValuesIn(TranslationCases("vertex", engine::VertexFormat())),
                         TranslationCaseName);

}  // namespace junctor::testing
