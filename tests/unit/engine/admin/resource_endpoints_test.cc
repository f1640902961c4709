// Gateways, tokens, custom providers, provider configs and the audit log, as handlers answer; the
// official client meets them in the end-to-end tests.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/engine/admin/admin_fixture.h"

namespace junctor::engine {
namespace {

class ResourceTest : public AdminTest {
 protected:
  static bool Has(const std::string& text, std::string_view piece) {
    return text.find(piece) != text.npos;
  }
};

TEST_F(ResourceTest, AGatewayLivesFromItsCreationToItsEnd) {
  const std::string made =
      MustAsk(200, "POST", "/ai-gateway/gateways", GatewayBody("g", R"("authentication":true)"));
  EXPECT_TRUE(Has(made, R"("id":"g","cache_invalidate_on_update":true,"cache_ttl":0)")) << made;
  EXPECT_TRUE(Has(made, R"("created_at":"2027-01-15T08:00:00.000Z")")) << made;
  instance().now_ms += 1000;
  const std::string updated =
      MustAsk(200, "PUT", "/ai-gateway/gateways/g", GatewayBody("ignored", R"("retry_delay":100)"));
  EXPECT_TRUE(Has(updated, R"("id":"g")")) << updated;
  EXPECT_TRUE(Has(updated, R"("authentication":true)")) << updated;
  EXPECT_TRUE(Has(updated, R"("modified_at":"2027-01-15T08:00:01.000Z")")) << updated;
  EXPECT_EQ(MustAsk(200, "GET", "/ai-gateway/gateways/g"), updated);
  EXPECT_EQ(instance().directory.Get()->FindGateway("g")->defaults.retry_delay,
            std::chrono::milliseconds(100));
  MustAsk(200, "DELETE", "/ai-gateway/gateways/g");
  MustAsk(404, "GET", "/ai-gateway/gateways/g");
  MustAsk(404, "DELETE", "/ai-gateway/gateways/g");
  EXPECT_EQ(instance().directory.Get()->FindGateway("g"), nullptr);
}

TEST_F(ResourceTest, WrongGatewaysAreRefusedWithEveryReason) {
  MakeGateway("g");
  const AdminAnswer twice = Ask("POST", "/ai-gateway/gateways", GatewayBody("g"));
  EXPECT_EQ(twice.status, 409);
  EXPECT_TRUE(Has(twice.body, R"("code":1003)")) << twice.body;
  EXPECT_TRUE(Has(twice.body, R"("path":["body","id"])")) << twice.body;
  const std::string wrong =
      MustAsk(400, "POST", "/ai-gateway/gateways", R"({"id":"a b","cache_ttl":"x"})");
  EXPECT_TRUE(Has(wrong, R"("path":["body","id"])")) << wrong;
  EXPECT_TRUE(Has(wrong, R"("path":["body","cache_ttl"])")) << wrong;
  EXPECT_TRUE(Has(wrong, R"("path":["body","collect_logs"])")) << wrong;
  MustAsk(400, "POST", "/ai-gateway/gateways", "not JSON");
  MustAsk(404, "PUT", "/ai-gateway/gateways/nowhere", GatewayBody("nowhere"));
}

TEST_F(ResourceTest, ListsHavePagesAndAnEmptyOnePastTheEnd) {
  for (int i = 0; i < 5; ++i) MakeGateway("gateway-" + std::to_string(i));
  MakeGateway("other");
  const std::string page =
      MustAsk(200, "GET", "/ai-gateway/gateways?search=gateway&page=2&per_page=2");
  EXPECT_TRUE(Has(
      page, R"("result_info":{"page":2,"per_page":2,"count":2,"total_count":5,"total_pages":3})"))
      << page;
  const std::string past = MustAsk(200, "GET", "/ai-gateway/gateways?page=9");
  EXPECT_TRUE(Has(past, R"("result":[],)")) << past;
  MustAsk(400, "GET", "/ai-gateway/gateways?per_page=101");
  MustAsk(400, "GET", "/ai-gateway/gateways?page=0");
}

TEST_F(ResourceTest, TokensOfAGatewayEndWithIt) {
  MakeGateway("g");
  const std::string bound = MakeToken(R"({"name":"b","permissions":["run"],"gateway":"g"})");
  ASSERT_NE(instance().directory.Get()->FindToken(bound), nullptr);
  MustAsk(200, "DELETE", "/ai-gateway/gateways/g");
  MakeGateway("g");
  EXPECT_EQ(instance().directory.Get()->FindToken(bound), nullptr);
}

TEST_F(ResourceTest, UrlsNameTheDataPlane) {
  MakeGateway("g");
  EXPECT_TRUE(Has(MustAsk(200, "GET", "/ai-gateway/gateways/g/url/openai"),
                  R"("result":"http://127.0.0.1:8787/v1/acc/g/openai")"));
  EXPECT_TRUE(Has(MustAsk(200, "GET", "/ai-gateway/gateways/g/url/universal"),
                  R"("result":"http://127.0.0.1:8787/v1/acc/g")"));
  MustAsk(404, "GET", "/ai-gateway/gateways/g/url/no-such-provider");
  MustAsk(404, "GET", "/ai-gateway/gateways/nowhere/url/openai");
}

TEST_F(ResourceTest, ATokenIsToldOnce) {
  const std::string made =
      MustAsk(200, "POST", "/ai-gateway/tokens", R"({"name":"ci","permissions":["run","read"]})");
  const std::string text = TextOf(made, "token");
  const std::string id = TextOf(made, "id");
  EXPECT_EQ(text.size(), 47u);
  EXPECT_TRUE(text.starts_with("jct_"));
  EXPECT_TRUE(Has(made, R"("permissions":["read","run"],"gateway":null)")) << made;
  const std::string got = MustAsk(200, "GET", "/ai-gateway/tokens/" + id);
  EXPECT_FALSE(Has(got, text)) << got;
  EXPECT_FALSE(Has(MustAsk(200, "GET", "/ai-gateway/tokens"), text));
  EXPECT_FALSE(Has(MustAsk(200, "GET", "/audit_logs"), text));
  MustAsk(200, "DELETE", "/ai-gateway/tokens/" + id);
  EXPECT_EQ(AskAs(text, "GET", "/ai-gateway/gateways").status, 401);
  MustAsk(404, "DELETE", "/ai-gateway/tokens/" + id);
}

TEST_F(ResourceTest, WrongTokensAreRefused) {
  for (const char* const body :
       {R"({"permissions":["read"]})", R"({"name":"","permissions":["read"]})", R"({"name":"n"})",
        R"({"name":"n","permissions":[]})", R"({"name":"n","permissions":["admin"]})",
        R"({"name":"n","permissions":"read"})",
        R"({"name":"n","permissions":["read"],"gateway":"nowhere"})",
        R"({"name":"n","permissions":["read"],"gateway":"a b"})",
        R"({"name":"n","permissions":["read"],"expires_at":"soon"})",
        R"({"name":"n","permissions":["read"],"expires_at":"2001-01-01T00:00:00Z"})"}) {
    EXPECT_EQ(Ask("POST", "/ai-gateway/tokens", body).status, 400) << body;
  }
}

TEST_F(ResourceTest, CustomProvidersAreCheckedBeforeTheyAreKept) {
  struct Case {
    const char* body;
    const char* piece;
  };
  const Case table[] = {
      {R"({"name":"n","slug":"s","base_url":"http://a.example"})",
       R"("message":"base_url must be a valid HTTPS URL starting with https://","path":["body","base_url"])"},
      {R"({"name":"n","slug":"s","base_url":"https://u:p@a.example"})", "base_url must be"},
      {R"({"name":"n","slug":"s","base_url":"https://10.0.0.1"})", "base_url is refused"},
      {R"({"name":"n","slug":"a b","base_url":"https://a.example"})", R"("path":["body","slug"])"},
      {R"({"name":"n","slug":"s","base_url":"https://a.example","headers":"[]"})",
       R"("path":["body","headers"])"},
      {R"({"name":"n","slug":"s","base_url":"https://a.example","headers":{}})",
       R"("path":["body","headers"])"},
      {R"({"slug":"s","base_url":"https://a.example"})", R"("path":["body","name"])"},
      {R"({"name":"n","slug":"s","base_url":"https://a.example","position":1.5})",
       R"("path":["body","position"])"},
  };
  for (const Case& one : table) {
    const std::string answer = MustAsk(400, "POST", "/ai-gateway/custom-providers", one.body);
    EXPECT_TRUE(Has(answer, one.piece)) << one.body << "\n" << answer;
    EXPECT_TRUE(Has(answer, R"("code":1002)")) << answer;
  }
  EXPECT_TRUE(Has(MustAsk(200, "GET", "/ai-gateway/custom-providers"), R"("result":[],)"));
}

TEST_F(ResourceTest, ACustomProviderLivesFromItsCreationToItsEnd) {
  const std::string made = MustAsk(
      200, "POST", "/ai-gateway/custom-providers",
      R"({"name":"Mine","slug":"mine","base_url":"https://a.example","headers":"{\"x-key\":\"hidden\"}"})");
  const std::string at = "/ai-gateway/custom-providers/" + TextOf(made, "id");
  EXPECT_TRUE(Has(made, R"("enable":false,"beta":false)")) << made;
  EXPECT_TRUE(Has(made, R"("account_id":"acc")")) << made;
  EXPECT_FALSE(TextOf(made, "logo").empty());
  EXPECT_FALSE(instance().directory.Get()->FindCustomProvider("custom-mine")->enabled);
  MustAsk(200, "PATCH", at, R"({"enable":true,"description":"d"})");
  EXPECT_TRUE(instance().directory.Get()->FindCustomProvider("custom-mine")->enabled);
  EXPECT_TRUE(Has(MustAsk(200, "PATCH", at, R"({"description":null})"), R"("description":null)"));
  MustAsk(400, "PATCH", at, R"({"base_url":null})");
  MustAsk(400, "PATCH", at, R"({"name":""})");
  const AdminAnswer twice = Ask("POST", "/ai-gateway/custom-providers",
                                R"({"name":"N","slug":"mine","base_url":"https://a.example"})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_TRUE(Has(twice.body, R"("path":["body","slug"])")) << twice.body;
  EXPECT_FALSE(Has(MustAsk(200, "GET", "/audit_logs"), "hidden"));
  MustAsk(200, "DELETE", at);
  const AdminAnswer gone = Ask("GET", at);
  EXPECT_EQ(gone.status, 404);
  EXPECT_TRUE(Has(gone.body, R"("code":1004)")) << gone.body;
  EXPECT_EQ(instance().directory.Get()->FindCustomProvider("custom-mine"), nullptr);
}

TEST_F(ResourceTest, CustomProvidersAreListedAsAsked) {
  const auto make = [this](const char* name, const char* slug, const char* more) {
    MustAsk(200, "POST", "/ai-gateway/custom-providers",
            std::string("{\"name\":\"") + name + "\",\"slug\":\"" + slug +
                "\",\"base_url\":\"https://a.example\"" + more + "}");
  };
  make("B", "one", "");
  make("A", "two", R"(,"enable":true)");
  make("C", "three", R"(,"position":-1,"beta":true)");
  const auto order = [this](const char* query) {
    const std::string list =
        MustAsk(200, "GET", std::string("/ai-gateway/custom-providers") + query);
    std::string names;
    for (size_t at = list.find("\"name\":\""); at != list.npos;
         at = list.find("\"name\":\"", at + 1)) {
      names += list[at + 8];
    }
    return names;
  };
  EXPECT_EQ(order(""), "CAB") << "by position, then by name";
  EXPECT_EQ(order("?enable=true"), "A");
  EXPECT_EQ(order("?beta=false"), "AB");
  EXPECT_EQ(order("?search=thr"), "C");
  EXPECT_EQ(order("?order_by=name%20DESC"), "CBA");
  MustAsk(400, "GET", "/ai-gateway/custom-providers?enable=yes");
  MustAsk(400, "GET", "/ai-gateway/custom-providers?order_by=secret");
  MustAsk(400, "GET", "/ai-gateway/custom-providers?order_by=name%20SIDEWAYS");
}

class KeyTest : public ResourceTest {
 protected:
  KeyTest() { MakeGateway("g"); }

  std::string MakeKey(const std::string& alias, const std::string& key, bool is_default = false,
                      const std::string& gateway = "g") const {
    return MustAsk(200, "POST", "/ai-gateway/gateways/" + gateway + "/provider_configs",
                   R"({"provider_slug":"openai","alias":")" + alias + R"(","default_config":)" +
                       (is_default ? "true" : "false") + R"(,"secret":")" + key + "\"}");
  }
  std::string Served(const std::string& alias, const std::string& gateway = "g") const {
    const auto directory = instance().directory.Get();
    const StoredKey* const key = directory->FindGateway(gateway)->keys.Find("openai", alias);
    return key == nullptr ? "none" : std::string(key->key.Reveal());
  }
};

constexpr char kLongKey[] = "sk-proj-0123456789abcdefghijklmnop";

TEST_F(KeyTest, AKeyGoesInAndNeverComesOut) {
  const std::string made = MakeKey("default", kLongKey, true);
  const std::string at = "/ai-gateway/gateways/g/provider_configs/" + TextOf(made, "id");
  EXPECT_EQ(Served(""), kLongKey);
  EXPECT_TRUE(Has(made, R"("last_used_at":null)")) << made;
  EXPECT_FALSE(Has(made, R"("rate_limit")")) << "the client has no null there: " << made;
  for (const std::string& text : {made, MustAsk(200, "GET", at),
                                  MustAsk(200, "GET", "/ai-gateway/gateways/g/provider_configs"),
                                  MustAsk(200, "GET", "/audit_logs")}) {
    EXPECT_FALSE(Has(text, kLongKey)) << text;
    EXPECT_FALSE(Has(text, "0123456789")) << text;
  }
}

TEST_F(KeyTest, AChangeActsAtOnce) {
  const std::string made = MakeKey("default", kLongKey);
  const std::string at = "/ai-gateway/gateways/g/provider_configs/" + TextOf(made, "id");
  MustAsk(200, "PATCH", at, R"({"secret":"sk-new","rate_limit":5,"rate_limit_period":60})");
  EXPECT_EQ(Served("default"), "sk-new");
  EXPECT_TRUE(Has(MustAsk(200, "PATCH", at, R"({"alias":"eu","rate_limit":null})"),
                  R"("rate_limit_period":60)"));
  EXPECT_EQ(Served("eu"), "sk-new");
  EXPECT_EQ(Served("default"), "none");
  MustAsk(200, "DELETE", at);
  EXPECT_EQ(Served("eu"), "none");
  MustAsk(404, "GET", at);
}

TEST_F(KeyTest, OneConfigOfAProviderIsTheDefault) {
  MakeKey("one", "sk-one", true);
  MakeKey("two", "sk-two", true);
  EXPECT_EQ(Served(""), "sk-two");
  const std::string list = MustAsk(200, "GET", "/ai-gateway/gateways/g/provider_configs");
  EXPECT_NE(list.find(R"("default_config":true)"), list.npos);
  EXPECT_EQ(list.find(R"("default_config":true)"), list.rfind(R"("default_config":true)"));
}

TEST_F(KeyTest, AStoredSecretMayServeSeveralConfigs) {
  const std::string made = MakeKey("one", "sk-one");
  const std::string secret_id = TextOf(made, "secret_id");
  const std::string shared =
      MustAsk(200, "POST", "/ai-gateway/gateways/g/provider_configs",
              R"({"provider_slug":"openai","alias":"two","default_config":false,"secret_id":")" +
                  secret_id + "\"}");
  EXPECT_EQ(Served("two"), "sk-one");
  // A new key for one of them is that one's alone.
  MustAsk(200, "PATCH", "/ai-gateway/gateways/g/provider_configs/" + TextOf(shared, "id"),
          R"({"secret":"sk-two"})");
  EXPECT_EQ(Served("one"), "sk-one");
  EXPECT_EQ(Served("two"), "sk-two");
}

TEST_F(KeyTest, ATokenOfAGatewayCantUseAnothersSecret) {
  MakeGateway("other");
  const std::string secret_id = TextOf(MakeKey("one", "sk-one", false, "other"), "secret_id");
  const std::string bound = MakeToken(R"({"name":"b","permissions":["edit"],"gateway":"g"})");
  const AdminAnswer answer =
      AskAs(bound, "POST", "/ai-gateway/gateways/g/provider_configs",
            R"({"provider_slug":"openai","alias":"stolen","default_config":false,"secret_id":")" +
                secret_id + "\"}");
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(Served("stolen"), "none");
}

TEST_F(KeyTest, WrongConfigsAreRefused) {
  MakeKey("taken", "sk-one");
  struct Case {
    int status;
    const char* body;
  };
  const Case table[] = {
      {409, R"({"provider_slug":"openai","alias":"taken","default_config":false,"secret":"s"})"},
      {400, R"({"provider_slug":"nobody","alias":"a","default_config":false,"secret":"s"})"},
      {400, R"({"provider_slug":"openai","alias":"a b","default_config":false,"secret":"s"})"},
      {400, R"({"provider_slug":"openai","alias":"a","default_config":false})"},
      {400, R"({"provider_slug":"openai","alias":"a","default_config":false,"secret":""})"},
      {400, R"({"provider_slug":"openai","alias":"a","default_config":false,"secret_id":"x"})"},
      {400, R"({"provider_slug":"openai","alias":"a","secret":"s"})"},
      {400,
       R"({"provider_slug":"openai","alias":"a","default_config":false,"secret":"s","rate_limit":-1})"},
  };
  for (const Case& one : table) {
    EXPECT_EQ(Ask("POST", "/ai-gateway/gateways/g/provider_configs", one.body).status, one.status)
        << one.body;
  }
  MustAsk(404, "POST", "/ai-gateway/gateways/nowhere/provider_configs",
          R"({"provider_slug":"openai","alias":"a","default_config":false,"secret":"s"})");
  MustAsk(404, "GET", "/ai-gateway/gateways/nowhere/provider_configs");
  EXPECT_TRUE(
      Has(MustAsk(200, "GET", "/ai-gateway/gateways/g/provider_configs"), R"("total_count":1,)"));
}

TEST_F(ResourceTest, TheAuditLogTellsWhoDidWhat) {
  MakeGateway("a");
  MakeGateway("b");
  instance().now_ms += 60'000;
  MustAsk(200, "PUT", "/ai-gateway/gateways/a", GatewayBody("a", R"("zdr":true)"));
  const std::string update =
      MustAsk(200, "GET", "/audit_logs?action.type=update&resource.type=ai_gateway.gateway");
  EXPECT_TRUE(Has(update, R"("action":{"info":"gateway updated","result":true,"type":"update"})"))
      << update;
  EXPECT_TRUE(Has(update, R"("ip":"192.0.2.1")")) << update;
  EXPECT_TRUE(Has(update, R"("email":"admin")")) << update;
  EXPECT_TRUE(Has(update, R"("when":"2027-01-15T08:01:00.000Z")")) << update;
  EXPECT_TRUE(Has(update, R"("resource":{"id":"a","type":"ai_gateway.gateway"})")) << update;
  EXPECT_LT(update.find(R"("zdr":true)"), update.find(R"("zdr":false)")) << "new, then old";
  const auto total = [this](const char* query) {
    const std::string list = MustAsk(200, "GET", std::string("/ai-gateway/audit_logs") + query);
    const size_t at = list.find("\"total_count\":");
    return list.substr(at + 14, list.find(',', at) - at - 14);
  };
  EXPECT_EQ(total("?gateway=a"), "2");
  EXPECT_EQ(total("?resource.id=b"), "1");
  EXPECT_EQ(total("?actor.email=nobody"), "0");
  EXPECT_EQ(total("?actor.ip=192.0.2.1"), "3");
  EXPECT_EQ(total("?since=2027-01-15T08:00:30Z"), "1");
  EXPECT_EQ(total("?since=2027-01-15T08:00:30Z&before=2027-01-15T08:00:40Z"), "0");
  MustAsk(400, "GET", "/audit_logs?since=yesterday");
  MustAsk(400, "GET", "/audit_logs?direction=up");
}

TEST_F(ResourceTest, ARefusedChangeLeavesNoEntry) {
  const std::string before = MustAsk(200, "GET", "/audit_logs");
  MustAsk(400, "POST", "/ai-gateway/gateways", "{}");
  MustAsk(404, "DELETE", "/ai-gateway/gateways/nowhere");
  EXPECT_EQ(MustAsk(200, "GET", "/audit_logs"), before);
}

}  // namespace
}  // namespace junctor::engine
