// The two forms of a diagnostic. What whole texts look like is in tests/golden/diagnostics.
#include "compiler/diag/render.h"

#include <gtest/gtest.h>

#include "compiler/diag/sink.h"

namespace junctor::compiler {
namespace {

constexpr char kText[] = "{\n  \"to\": \"gpt-mni\",\n\n\n\n\n\n\n\n  \"id\": \"gpt-mini\"\n}\n";

Diagnostic Sample() {
  Diagnostic diagnostic;
  diagnostic.code = DiagCode::kUnknownElement;
  diagnostic.message = "unknown element `gpt-mni`";
  diagnostic.span = {10, 19};
  diagnostic.label = "no element has this id";
  diagnostic.pointer = "/to";
  diagnostic.related.push_back({{36, 46}, "a similar id is defined here"});
  diagnostic.help = "did you mean `gpt-mini`?";
  diagnostic.fix = Fix{{10, 19}, "\"gpt-mini\"", false};
  return diagnostic;
}

Diagnostic Reported(const Source& source) {
  DiagnosticSink sink(source);
  sink.Report(Sample());
  return sink.Take().front();
}

TEST(RenderText, LooksAsDescribed) {
  const Source source("routes/support.json", kText);
  EXPECT_EQ(RenderText(Reported(source), source), R"(error[JR0304]: unknown element `gpt-mni`
  --> routes/support.json:2:9  (/to)
   |
 2 |   "to": "gpt-mni",
   |         ^^^^^^^^^ no element has this id
   |
  --> routes/support.json:10:9
   |
10 |   "id": "gpt-mini"
   |         ---------- a similar id is defined here
   = help: did you mean `gpt-mini`?
)");
}

TEST(RenderText, ColoursOnlyWhenAsked) {
  const Source source("a.json", kText);
  TextStyle style;
  style.colour = true;
  const std::string coloured = RenderText(Reported(source), source, style);
  EXPECT_NE(coloured.find("\x1b[1;31merror[JR0304]\x1b[0m"), std::string::npos);
  EXPECT_EQ(RenderText(Reported(source), source).find('\x1b'), std::string::npos);
}

TEST(RenderJson, HasEveryPart) {
  const Source source("a.json", kText);
  EXPECT_EQ(
      RenderJson(Reported(source), "a \"b\".json"),
      R"({"code":"JR0304","severity":"error","title":"an output leads to an element that does not exist",)"
      R"("message":"unknown element `gpt-mni`","file":"a \"b\".json","span":{"start":10,"end":19},)"
      R"("line":2,"column":9,"pointer":"/to","label":"no element has this id",)"
      R"("related":[{"span":{"start":36,"end":46},"line":10,"column":9,"label":"a similar id is defined here"}],)"
      R"("help":"did you mean `gpt-mini`?",)"
      R"("fix":{"start":10,"end":19,"text":"\"gpt-mini\"","applicability":"maybe-incorrect"}})");
}

TEST(RenderJson, CountsInTheDocument) {
  EXPECT_EQ(RenderJson(std::vector<Diagnostic>(), "a.json"),
            "{\"file\":\"a.json\",\"diagnostics\":[],\"errors\":0,\"warnings\":0}\n");
  const Source source("a.json", kText);
  const std::string json = RenderJson(std::vector<Diagnostic>{Reported(source)}, "a.json");
  EXPECT_NE(json.find("\"errors\":1,\"warnings\":0}"), std::string::npos);
}

TEST(RenderJson, SurvivesFileNamesThatAreNotUtf8) {
  const std::string json = RenderJson(std::vector<Diagnostic>(), "a\xff\n.json");
  EXPECT_NE(json.find("a\xEF\xBF\xBD\\u000a.json"), std::string::npos);
}

}  // namespace
}  // namespace junctor::compiler
