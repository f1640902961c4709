// Custom providers, secrets, provider configs, tokens and the audit log, in both engines.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/store/control_store.h"
#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {
namespace {

using ControlKeysTest = StoreTest;
JUNCTOR_ON_EVERY_ENGINE(ControlKeysTest);

using Ids = std::vector<std::string>;

// A filter that `set` has set.
template <typename Filter>
Filter With(void (*set)(Filter&)) {
  Filter filter;
  set(filter);
  return filter;
}

template <typename Row>
Ids IdsIn(const std::vector<Row>& rows) {
  Ids ids;
  for (const Row& row : rows) ids.push_back(row.id);
  return ids;
}

CustomProviderRow CustomOf(const std::string& id, const std::string& slug, const std::string& name,
                           int64_t position) {
  CustomProviderRow row;
  row.id = id;
  row.slug = slug;
  row.name = name;
  row.position = position;
  row.fields = "{\"base_url\":\"https://" + slug + "\"}";
  row.created_ms = 100 + position;
  row.modified_ms = 200;
  return row;
}

absl::Status InsertCustoms(ControlTransaction& t) {
  CustomProviderRow enabled = CustomOf("1", "zeta", "Zeta AI", 1);
  enabled.enable = true;
  CustomProviderRow beta = CustomOf("2", "alpha", "Alpha_100%", 1);
  beta.beta = true;
  RETURN_IF_ERROR(t.InsertCustomProvider(enabled));
  RETURN_IF_ERROR(t.InsertCustomProvider(beta));
  return t.InsertCustomProvider(CustomOf("3", "mid", "Überall", 0));
}

TEST_P(ControlKeysTest, ACustomProviderIsGivenBackAsItWasPut) {
  Change([](ControlTransaction& t) { return InsertCustoms(t); });
  CustomProviderRow changed = CustomOf("3", "new-slug", "new name", 7);
  changed.enable = true;
  changed.beta = true;
  changed.fields = "{}";
  changed.modified_ms = 300;
  Change([&](ControlTransaction& t) { return t.UpdateCustomProvider(changed); });
  Read([&](ControlTransaction& t) {
    const CustomProviderRow row = **t.FindCustomProvider("3");
    EXPECT_EQ(row.slug, "new-slug");
    EXPECT_EQ(row.name, "new name");
    EXPECT_TRUE(row.enable && row.beta);
    EXPECT_EQ(row.position, 7);
    EXPECT_EQ(row.fields, "{}");
    EXPECT_EQ(row.created_ms, 100);
    EXPECT_EQ(row.modified_ms, 300);
    EXPECT_FALSE(t.FindCustomProvider("new-slug")->has_value());
    EXPECT_EQ(IdsIn(*t.AllCustomProviders()), (Ids{"2", "1", "3"}));
    return absl::OkStatus();
  });
  Change([](ControlTransaction& t) { return t.DeleteCustomProvider("3"); });
  const absl::Status gone =
      store().Change([](ControlTransaction& t) { return t.DeleteCustomProvider("3"); });
  EXPECT_TRUE(absl::IsNotFound(gone)) << gone;
  const absl::Status taken = store().Change([](ControlTransaction& t) {
    return t.InsertCustomProvider(CustomOf("4", "alpha", "other", 0));
  });
  EXPECT_TRUE(absl::IsAlreadyExists(taken));
  EXPECT_EQ(taken.message(), "there is a custom provider `alpha` already");
  const absl::Status renamed = store().Change([](ControlTransaction& t) {
    return t.UpdateCustomProvider(CustomOf("1", "alpha", "other", 0));
  });
  EXPECT_TRUE(absl::IsAlreadyExists(renamed)) << renamed;
}

TEST_P(ControlKeysTest, CustomProvidersAreFilteredSearchedAndOrdered) {
  struct Case {
    std::string what;
    CustomProviderFilter filter;
    Ids expected;
  };
  const std::vector<Case> cases = {
      {"by position, then name", {}, {"3", "2", "1"}},
      {"enabled", With<CustomProviderFilter>([](auto& f) { f.enable = true; }), {"1"}},
      {"not enabled", With<CustomProviderFilter>([](auto& f) { f.enable = false; }), {"3", "2"}},
      {"beta", With<CustomProviderFilter>([](auto& f) { f.beta = true; }), {"2"}},
      {"both filters",
       With<CustomProviderFilter>([](auto& f) {
         f.enable = true;
         f.beta = true;
       }),
       {}},
      {"search in a name without case",
       With<CustomProviderFilter>([](auto& f) { f.search = "zETA a"; }),
       {"1"}},
      {"search in a slug", With<CustomProviderFilter>([](auto& f) { f.search = "mid"; }), {"3"}},
      {"search in an id", With<CustomProviderFilter>([](auto& f) { f.search = "2"; }), {"2"}},
      {"search for a wildcard",
       With<CustomProviderFilter>([](auto& f) { f.search = "0%"; }),
       {"2"}},
      {"search for a wildcard that is not there",
       With<CustomProviderFilter>([](auto& f) { f.search = "a%A"; }),
       {}},
      {"search for what is no text",
       With<CustomProviderFilter>([](auto& f) { f.search = "\xff"; }),
       {}},
      {"by name",
       With<CustomProviderFilter>([](auto& f) { f.order_by = "name"; }),
       {"2", "1", "3"}},
      {"by slug, last first",
       With<CustomProviderFilter>([](auto& f) {
         f.order_by = "slug";
         f.descending = true;
       }),
       {"1", "3", "2"}},
      {"by time, last first",
       With<CustomProviderFilter>([](auto& f) {
         f.order_by = "created_at";
         f.descending = true;
       }),
       {"1", "2", "3"}},
  };
  Change([](ControlTransaction& t) { return InsertCustoms(t); });
  Read([&](ControlTransaction& t) {
    for (const Case& c : cases) {
      const auto page = t.ListCustomProviders(c.filter, {});
      EXPECT_TRUE(page.ok()) << c.what << ": " << page.status();
      EXPECT_EQ(IdsIn(page->rows), c.expected) << c.what;
      EXPECT_EQ(page->total, static_cast<int64_t>(c.expected.size())) << c.what;
    }
    const auto page = t.ListCustomProviders({}, {2, 2});
    EXPECT_EQ(IdsIn(page->rows), (Ids{"1"}));
    EXPECT_EQ(page->total, 3);
    EXPECT_TRUE(t.ListCustomProviders({}, {3, 2})->rows.empty());
    return absl::OkStatus();
  });
  const absl::Status wrong = store().Read([](ControlTransaction& t) {
    return t
        .ListCustomProviders(
            With<CustomProviderFilter>([](auto& f) { f.order_by = "name; DROP TABLE gateways"; }),
            {})
        .status();
  });
  EXPECT_TRUE(absl::IsInvalidArgument(wrong)) << wrong;
}

TEST_P(ControlKeysTest, ASecretIsReplacedInItsPlace) {
  SecretRow secret = SecretOf("s");
  secret.sealed = std::string("\0\1\xff\0", 4);
  Change([&](ControlTransaction& t) { return t.PutSecret(secret); });
  Read([&](ControlTransaction& t) {
    const SecretRow row = **t.FindSecret("s");
    EXPECT_EQ(row.sealed, secret.sealed);
    EXPECT_EQ(row.master_key_id, "key");
    EXPECT_EQ(row.preview, "sk-…abcd");
    return absl::OkStatus();
  });
  secret.sealed = "new";
  secret.master_key_id = "key 2";
  secret.preview = "…";
  secret.created_ms = 99;
  secret.modified_ms = 100;
  Change([&](ControlTransaction& t) { return t.PutSecret(secret); });
  Read([](ControlTransaction& t) {
    EXPECT_EQ(t.AllSecrets()->size(), 1U);
    const SecretRow row = **t.FindSecret("s");
    EXPECT_EQ(row.sealed + row.master_key_id + row.preview, "newkey 2…");
    EXPECT_EQ(row.created_ms, 1);
    EXPECT_EQ(row.modified_ms, 100);
    return absl::OkStatus();
  });
}

absl::Status InsertConfigs(ControlTransaction& t) {
  RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
  RETURN_IF_ERROR(t.InsertGateway(GatewayOf("h")));
  RETURN_IF_ERROR(t.PutSecret(SecretOf("s1")));
  RETURN_IF_ERROR(t.PutSecret(SecretOf("s2")));
  ProviderConfigRow limited = ConfigOf("c1", "g", "default", "s1");
  limited.default_config = true;
  limited.rate_limit = 0;
  limited.rate_limit_period = 60;
  RETURN_IF_ERROR(t.InsertProviderConfig(limited));
  RETURN_IF_ERROR(t.InsertProviderConfig(ConfigOf("c2", "g", "backup", "s2")));
  return t.InsertProviderConfig(ConfigOf("c3", "h", "default", "s2"));
}

TEST_P(ControlKeysTest, AProviderConfigIsGivenBackWithItsSecretsPreview) {
  Change(InsertConfigs);
  Read([](ControlTransaction& t) {
    const ProviderConfigRow row = **t.FindProviderConfig("g", "c1");
    EXPECT_EQ(row.provider_slug, "openai");
    EXPECT_EQ(row.alias, "default");
    EXPECT_TRUE(row.default_config);
    EXPECT_EQ(row.secret_id, "s1");
    EXPECT_EQ(row.secret_preview, "sk-…abcd");
    EXPECT_EQ(row.rate_limit, 0);
    EXPECT_EQ(row.rate_limit_period, 60);
    EXPECT_EQ(row.last_used_ms, 0);
    EXPECT_FALSE((*t.FindProviderConfig("g", "c2"))->rate_limit.has_value());
    EXPECT_FALSE(t.FindProviderConfig("h", "c1")->has_value());
    EXPECT_EQ(IdsIn(t.ListProviderConfigs("g", {})->rows), (Ids{"c2", "c1"}));
    EXPECT_EQ(t.ListProviderConfigs("g", {5, 20})->total, 2);
    EXPECT_EQ(IdsIn(*t.AllProviderConfigs()), (Ids{"c2", "c1", "c3"}));
    return absl::OkStatus();
  });
}

TEST_P(ControlKeysTest, AnAliasIsUniqueForAGatewaysProvider) {
  Change(InsertConfigs);
  const absl::Status taken = store().Change([](ControlTransaction& t) {
    return t.InsertProviderConfig(ConfigOf("c4", "g", "backup", "s1"));
  });
  EXPECT_TRUE(absl::IsAlreadyExists(taken));
  EXPECT_EQ(taken.message(), "the gateway `g` has a key called `backup` for `openai` already");
  const absl::Status renamed = store().Change([](ControlTransaction& t) {
    return t.UpdateProviderConfig(ConfigOf("c1", "g", "backup", "s1"));
  });
  EXPECT_TRUE(absl::IsAlreadyExists(renamed)) << renamed;
  const absl::Status no_secret = store().Change([](ControlTransaction& t) {
    return t.InsertProviderConfig(ConfigOf("c4", "g", "other", "no secret"));
  });
  EXPECT_TRUE(absl::IsNotFound(no_secret)) << no_secret;
}

TEST_P(ControlKeysTest, AnUpdateOfAProviderConfigLeavesItsLastUse) {
  Change(InsertConfigs);
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.SetProviderConfigLastUse("c1", 500));
    RETURN_IF_ERROR(t.SetProviderConfigLastUse("c1", 400));
    RETURN_IF_ERROR(t.SetProviderConfigLastUse("gone", 400));
    ProviderConfigRow row = ConfigOf("c1", "g", "renamed", "s2");
    row.modified_ms = 9;
    RETURN_IF_ERROR(t.UpdateProviderConfig(row));
    return t.DeleteUnusedSecrets();
  });
  Read([](ControlTransaction& t) {
    const ProviderConfigRow row = **t.FindProviderConfig("g", "c1");
    EXPECT_EQ(row.alias, "renamed");
    EXPECT_EQ(row.secret_id, "s2");
    EXPECT_EQ(row.modified_ms, 9);
    EXPECT_FALSE(row.rate_limit.has_value());
    EXPECT_EQ(row.last_used_ms, 500) << "later ones win";
    EXPECT_FALSE(t.FindSecret("s1")->has_value()) << "nothing uses it any more";
    return absl::OkStatus();
  });
}

TEST_P(ControlKeysTest, ADeletedConfigTakesItsSecretUnlessAnotherOneUsesIt) {
  Change(InsertConfigs);
  Change([](ControlTransaction& t) { return t.DeleteProviderConfig("c2"); });
  Read([](ControlTransaction& t) {
    EXPECT_TRUE(t.FindSecret("s2")->has_value()) << "c3 uses it";
    return absl::OkStatus();
  });
  Change([](ControlTransaction& t) { return t.DeleteProviderConfig("c3"); });
  Read([](ControlTransaction& t) {
    EXPECT_FALSE(t.FindSecret("s2")->has_value());
    EXPECT_TRUE(t.FindSecret("s1")->has_value());
    return absl::OkStatus();
  });
}

TEST_P(ControlKeysTest, OneConfigOfAProviderIsTheDefault) {
  Change(InsertConfigs);
  Change([](ControlTransaction& t) {
    ProviderConfigRow row = ConfigOf("c2", "g", "backup", "s2");
    row.default_config = true;
    RETURN_IF_ERROR(t.UpdateProviderConfig(row));
    ProviderConfigRow other_gateway = ConfigOf("c3", "h", "default", "s2");
    other_gateway.default_config = true;
    RETURN_IF_ERROR(t.UpdateProviderConfig(other_gateway));
    return t.ClearDefaultConfig("g", "openai", "c2");
  });
  Read([](ControlTransaction& t) {
    EXPECT_FALSE((*t.FindProviderConfig("g", "c1"))->default_config);
    EXPECT_TRUE((*t.FindProviderConfig("g", "c2"))->default_config);
    EXPECT_TRUE((*t.FindProviderConfig("h", "c3"))->default_config);
    return absl::OkStatus();
  });
}

TEST_P(ControlKeysTest, ATokenIsGivenBackAsItWasPut) {
  TokenRow token = TokenOf("t1", 0);
  token.gateway_id = "g";
  token.expires_ms = 5000;
  token.created_ms = 10;
  Change([&](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertToken(token));
    return t.InsertToken(TokenOf("t2", 1));
  });
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.SetTokenLastUse("t1", 700));
    return t.SetTokenLastUse("t1", 600);
  });
  Read([&](ControlTransaction& t) {
    const TokenRow row = **t.FindToken("t1");
    EXPECT_EQ(row.name, "name of t1");
    EXPECT_EQ(row.hash, token.hash);
    EXPECT_EQ(row.preview, token.preview);
    EXPECT_EQ(row.permissions, 5);
    EXPECT_EQ(row.gateway_id, "g");
    EXPECT_EQ(row.created_ms, 10);
    EXPECT_EQ(row.expires_ms, 5000);
    EXPECT_EQ(row.last_used_ms, 700);
    EXPECT_EQ(IdsIn(t.ListTokens({})->rows), (Ids{"t1", "t2"}));
    EXPECT_EQ(IdsIn(t.ListTokens({2, 1})->rows), (Ids{"t2"}));
    EXPECT_EQ(t.ListTokens({3, 1})->total, 2);
    EXPECT_EQ(t.AllTokens()->size(), 2U);
    return absl::OkStatus();
  });
  const absl::Status same =
      store().Change([&](ControlTransaction& t) { return t.InsertToken(TokenOf("t3", 0)); });
  EXPECT_TRUE(absl::IsAlreadyExists(same)) << "a hash is unique: " << same;
  Change([](ControlTransaction& t) { return t.DeleteToken("t1"); });
  const absl::Status gone =
      store().Change([](ControlTransaction& t) { return t.DeleteToken("t1"); });
  EXPECT_TRUE(absl::IsNotFound(gone)) << gone;
}

AuditRow AuditOf(const std::string& id, int64_t when_ms) {
  AuditRow row;
  row.id = id;
  row.when_ms = when_ms;
  row.actor_id = "actor id";
  row.actor_name = "ci";
  row.actor_ip = "10.0.0.1";
  row.interface = "API";
  row.action_type = "update";
  row.action_info = "gateway changed";
  row.resource_type = "ai_gateway.gateway";
  row.resource_id = "g";
  row.gateway_id = "g";
  row.old_value = "{\"a\":1}";
  row.new_value = "{\"a\":2}";
  return row;
}

TEST_P(ControlKeysTest, TheAuditLogIsFilteredAndKeepsItsOrderWithinAMillisecond) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertAudit(AuditOf("z", 1000)));
    RETURN_IF_ERROR(t.InsertAudit(AuditOf("a", 1000)));
    AuditRow other = AuditOf("m", 2000);
    other.actor_name = "ops";
    other.actor_ip = "::1";
    other.action_type = "delete";
    other.result = false;
    other.resource_type = "ai_gateway.route";
    other.resource_id = "r";
    other.gateway_id = "";
    return t.InsertAudit(other);
  });
  struct Case {
    std::string what;
    AuditFilter filter;
    Ids expected;
  };
  const std::vector<Case> cases = {
      {"newest first", {}, {"m", "a", "z"}},
      {"oldest first", With<AuditFilter>([](auto& f) { f.oldest_first = true; }), {"z", "a", "m"}},
      {"since, with its moment", With<AuditFilter>([](auto& f) { f.since_ms = 2000; }), {"m"}},
      {"before, without its moment",
       With<AuditFilter>([](auto& f) { f.before_ms = 2000; }),
       {"a", "z"}},
      {"an actor", With<AuditFilter>([](auto& f) { f.actor_name = "ops"; }), {"m"}},
      {"an address", With<AuditFilter>([](auto& f) { f.actor_ip = "10.0.0.1"; }), {"a", "z"}},
      {"an action", With<AuditFilter>([](auto& f) { f.action_type = "delete"; }), {"m"}},
      {"a kind of resource",
       With<AuditFilter>([](auto& f) { f.resource_type = "ai_gateway.route"; }),
       {"m"}},
      {"a resource", With<AuditFilter>([](auto& f) { f.resource_id = "g"; }), {"a", "z"}},
      {"a gateway", With<AuditFilter>([](auto& f) { f.gateway_id = "g"; }), {"a", "z"}},
      {"an entry", With<AuditFilter>([](auto& f) { f.id = "a"; }), {"a"}},
      {"two filters",
       With<AuditFilter>([](auto& f) {
         f.since_ms = 1000;
         f.id = "m";
       }),
       {"m"}},
      {"filters that no entry passes",
       With<AuditFilter>([](auto& f) {
         f.before_ms = 2000;
         f.id = "m";
       }),
       {}},
  };
  Read([&](ControlTransaction& t) {
    for (const Case& c : cases) {
      const auto page = t.ListAudit(c.filter, {});
      EXPECT_TRUE(page.ok()) << c.what << ": " << page.status();
      EXPECT_EQ(IdsIn(page->rows), c.expected) << c.what;
      EXPECT_EQ(page->total, static_cast<int64_t>(c.expected.size())) << c.what;
    }
    const auto page = t.ListAudit({}, {2, 2});
    EXPECT_EQ(IdsIn(page->rows), (Ids{"z"}));
    EXPECT_EQ(page->total, 3);
    const AuditRow row = page->rows[0];
    const AuditRow put = AuditOf("z", 1000);
    EXPECT_EQ(row.when_ms, put.when_ms);
    EXPECT_EQ(row.actor_id, put.actor_id);
    EXPECT_EQ(row.interface, put.interface);
    EXPECT_EQ(row.action_info, put.action_info);
    EXPECT_TRUE(row.result);
    EXPECT_EQ(row.old_value, put.old_value);
    EXPECT_EQ(row.new_value, put.new_value);
    EXPECT_FALSE(t.ListAudit(With<AuditFilter>([](auto& f) { f.id = "m"; }), {})->rows[0].result);
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace junctor::engine
