#include "engine/control/control_plane.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/control/access_tokens.h"
#include "engine/control/custom_provider.h"
#include "engine/control/directory_loader.h"
#include "engine/control/gateway_settings.h"
#include "engine/secrets/sealed_secret.h"
#include "engine/store/sqlite_database.h"
#include "tests/unit/engine/control/control_fixture.h"

namespace junctor::engine {
namespace {

using Done = ControlResult<std::monostate>;

const Actor kActor{"t", "tester", "127.0.0.1", "API"};

Done AsDone(const absl::Status& status) {
  if (!status.ok()) return ControlPlane::FromStatus(status);
  return std::monostate();
}

GatewayRow Gateway(const std::string& id, bool authentication = true) {
  GatewayRow row;
  row.id = id;
  row.settings = GatewaySettings::ForDefaultGateway(authentication).Text();
  return row;
}

// Inserts `row` through the control plane of `instance`.
void AddGateway(TestInstance& instance, const GatewayRow& row) {
  const auto done = instance.control->Change([&](ControlTransaction& transaction) {
    absl::Status status = transaction.InsertGateway(row);
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kGateway, row.id);
    return AsDone(status);
  });
  EXPECT_TRUE(done.ok());
}

// Stores a key of `provider` in `gateway`, sealed with the instance's master key. The config's id
// is `id`, the secret's `secret_id`.
void AddKey(TestInstance& instance, const std::string& gateway, const std::string& id,
            const std::string& secret_id, const std::string& key) {
  const auto done = instance.control->Change([&](ControlTransaction& transaction) {
    const auto sealed = SealSecret(*instance.master_keys, secret_id, Secret(key));
    SecretRow secret;
    secret.id = secret_id;
    secret.sealed = sealed->bytes;
    secret.master_key_id = sealed->master_key_id;
    absl::Status status = transaction.PutSecret(secret);
    ProviderConfigRow row;
    row.id = id;
    row.gateway_id = gateway;
    row.provider_slug = "openai";
    row.alias = id;
    row.secret_id = secret_id;
    const auto there = transaction.FindProviderConfig(gateway, id);
    if (status.ok() && there.ok() && !there->has_value()) {
      status = transaction.InsertProviderConfig(row);
    }
    if (status.ok()) {
      status =
          transaction.NoteChange(ChangeKind::kProviderConfig, ProviderConfigChangeId(gateway, id));
    }
    return AsDone(status);
  });
  EXPECT_TRUE(done.ok());
}

std::string KeyOf(const TestInstance& instance, const std::string& gateway,
                  const std::string& alias) {
  const auto directory = instance.directory.Get();
  const GatewayView* const view = directory->FindGateway(gateway);
  if (view == nullptr) return "no gateway";
  const StoredKey* const key = view->keys.Find("openai", alias);
  return key == nullptr ? "no key" : std::string(key->key.Reveal());
}

class ControlPlaneTest : public ControlTest {};

TEST_F(ControlPlaneTest, AFirstStartMakesAnAdminTokenAndLaterOnesDoNot) {
  std::string token;
  {
    const auto instance = Start();
    ASSERT_TRUE(instance->started.ok()) << instance->started.status();
    token = *instance->started;
    ASSERT_EQ(token.size(), 47u);
    const auto directory = instance->directory.Get();
    const AccessToken* const found = directory->FindToken(token);
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->Allows(Permission::kEdit, "any", instance->now_ms));
  }
  const auto again = Start();
  ASSERT_TRUE(again->started.ok());
  EXPECT_EQ(*again->started, "");
  EXPECT_NE(again->directory.Get()->FindToken(token), nullptr);
}

TEST_F(ControlPlaneTest, WithATokenInTheConfigurationNoneIsMade) {
  const auto instance =
      Start([](TestInstance& one) { one.config.admin->token = Secret("configured"); });
  ASSERT_TRUE(instance->started.ok());
  EXPECT_EQ(*instance->started, "");
}

TEST_F(ControlPlaneTest, WhatAChangeDidIsLiveWhenItReturns) {
  const auto instance = Start();
  AddGateway(*instance, Gateway("g", false));
  const auto directory = instance->directory.Get();
  ASSERT_NE(directory->FindGateway("g"), nullptr);
  EXPECT_FALSE(directory->FindGateway("g")->authentication);
}

TEST_F(ControlPlaneTest, NothingOfARefusedChangeStays) {
  const auto instance = Start();
  const auto done = instance->control->Change([](ControlTransaction& transaction) {
    EXPECT_TRUE(transaction.InsertGateway(Gateway("g")).ok());
    EXPECT_TRUE(transaction.NoteChange(ChangeKind::kGateway, "g").ok());
    return Done(ControlErrors::BadField("refused", "id"));
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.errors().errors[0].message, "refused");
  bool there = true;
  EXPECT_TRUE(instance->control
                  ->Read([&](ControlTransaction& transaction) {
                    there = transaction.FindGateway("g")->has_value();
                    return Done(std::monostate());
                  })
                  .ok());
  EXPECT_FALSE(there);
  EXPECT_EQ(instance->directory.Get()->FindGateway("g"), nullptr);
}

TEST_F(ControlPlaneTest, AnotherInstanceFollows) {
  const auto one = Start();
  const auto other = Start();
  AddGateway(*one, Gateway("g"));
  AddKey(*one, "g", "first", "s", "sk-one");
  EXPECT_TRUE(Eventually([&] { return KeyOf(*other, "g", "first") == "sk-one"; }));
}

TEST_F(ControlPlaneTest, WhoMissedMoreChangesThanAreKeptReadsEverything) {
  const auto instance = Start();
  AddGateway(*instance, Gateway("before"));
  {
    // What the database would have forgotten, and a change that no note is left of.
    auto database = SqliteDatabase::Open(folder() + "/junctor.db");
    ASSERT_TRUE(database.ok()) << database.status();
    const absl::Status status = (*database)->Write([](SqlSession& session) {
      absl::Status done = session.Execute("DELETE FROM changes").status();
      if (!done.ok()) return done;
      return session
          .Execute(
              "INSERT INTO gateways (id, settings, is_default, created_ms, modified_ms) "
              "VALUES ('missed', '{}', 0, 1, 1)")
          .status();
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  AddGateway(*instance, Gateway("after"));
  const auto directory = instance->directory.Get();
  EXPECT_NE(directory->FindGateway("after"), nullptr);
  EXPECT_NE(directory->FindGateway("missed"), nullptr);
}

TEST_F(ControlPlaneTest, AReplacedSecretServesEveryConfigThatUsesIt) {
  const auto instance = Start();
  AddGateway(*instance, Gateway("g"));
  AddKey(*instance, "g", "first", "s", "sk-one");
  AddKey(*instance, "g", "second", "s", "sk-one");
  AddKey(*instance, "g", "first", "s", "sk-two");
  EXPECT_EQ(KeyOf(*instance, "g", "first"), "sk-two");
  EXPECT_EQ(KeyOf(*instance, "g", "second"), "sk-two");
}

TEST_F(ControlPlaneTest, KeysGoWithTheirGateway) {
  const auto instance = Start();
  AddGateway(*instance, Gateway("g"));
  AddKey(*instance, "g", "first", "s", "sk-one");
  EXPECT_TRUE(instance->control
                  ->Change([](ControlTransaction& transaction) {
                    absl::Status status = transaction.DeleteGateway("g");
                    if (status.ok()) status = transaction.NoteChange(ChangeKind::kGateway, "g");
                    return AsDone(status);
                  })
                  .ok());
  EXPECT_EQ(instance->directory.Get()->FindGateway("g"), nullptr);
  AddGateway(*instance, Gateway("g"));
  EXPECT_EQ(KeyOf(*instance, "g", "first"), "no key");
}

TEST_F(ControlPlaneTest, WithoutTheMasterKeyItDoesNotStart) {
  {
    const auto instance = Start();
    AddGateway(*instance, Gateway("g"));
    AddKey(*instance, "g", "first", "s1", "sk-one");
    AddKey(*instance, "g", "second", "s2", "sk-two");
  }
  const auto without = Start([](TestInstance& one) { one.master_keys.reset(); });
  ASSERT_FALSE(without->started.ok());
  EXPECT_EQ(without->started.status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string message(without->started.status().message());
  EXPECT_NE(message.find("2 stored provider keys can't be opened"), message.npos) << message;
  EXPECT_NE(message.find("secrets.master_key_file"), message.npos) << message;

  const auto with_another =
      Start([](TestInstance& one) { one.master_keys = *MasterKeys::Parse(std::string(64, 'b')); });
  ASSERT_FALSE(with_another->started.ok());
  EXPECT_EQ(with_another->started.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ControlPlaneTest, LastUsesAreSavedAndKeptThroughChanges) {
  {
    const auto instance = Start();
    const LastUse use = instance->directory.Get()->FindToken(*instance->started)->last_use;
    use->store(1234);
    AddGateway(*instance, Gateway("g"));
    EXPECT_EQ(instance->directory.Get()->FindToken(*instance->started)->last_use, use)
        << "a change must not forget a use that is not saved yet";
    AddKey(*instance, "g", "first", "s", "sk-one");
    instance->directory.Get()->FindGateway("g")->keys.Find("openai", "first")->last_use->store(99);
  }
  const auto again = Start();
  std::vector<TokenRow> tokens;
  std::vector<ProviderConfigRow> configs;
  EXPECT_TRUE(again->control
                  ->Read([&](ControlTransaction& transaction) {
                    tokens = *transaction.AllTokens();
                    configs = *transaction.AllProviderConfigs();
                    return Done(std::monostate());
                  })
                  .ok());
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].last_used_ms, 1234);
  ASSERT_EQ(configs.size(), 1u);
  EXPECT_EQ(configs[0].last_used_ms, 99);
}

// The ids of the audit log, newest first.
std::vector<std::string> AuditIds(TestInstance& instance) {
  std::vector<std::string> ids;
  const auto done = instance.control->Read([&ids](ControlTransaction& transaction) {
    const auto page = transaction.ListAudit({}, {1, 100});
    if (!page.ok()) return AsDone(page.status());
    for (const AuditRow& row : page->rows) ids.push_back(row.id);
    return AsDone(absl::OkStatus());
  });
  EXPECT_TRUE(done.ok());
  return ids;
}

TEST_F(ControlPlaneTest, TheAuditLogIsKeptForAsLongAsTheConfigurationSays) {
  constexpr int64_t kDayMs = int64_t{24} * 60 * 60 * 1000;
  {
    const auto first = Start();
    const auto done = first->control->Change([&first](ControlTransaction& transaction) {
      // More old ones than one transaction deletes.
      for (int i = 0; i < 1200; ++i) {
        AuditRow row;
        row.id = "old-" + std::to_string(i);
        row.when_ms = first->now_ms - 31 * kDayMs;
        if (absl::Status status = transaction.InsertAudit(row); !status.ok()) return AsDone(status);
      }
      AuditRow row;
      row.id = "young";
      row.when_ms = first->now_ms - 29 * kDayMs;
      return AsDone(transaction.InsertAudit(row));
    });
    ASSERT_TRUE(done.ok());
  }
  {
    const auto for_ever = Start();
    ASSERT_TRUE(for_ever->started.ok()) << for_ever->started.status();
    EXPECT_EQ(AuditIds(*for_ever).size(), 100U);
  }
  const auto pruning =
      Start([](TestInstance& instance) { instance.config.admin->audit_days = 30; });
  ASSERT_TRUE(pruning->started.ok()) << pruning->started.status();
  EXPECT_TRUE(Eventually([&pruning] { return AuditIds(*pruning).size() < 100; }));
  EXPECT_TRUE(Eventually(
      [&pruning] { return pruning->LogText().find("audit_pruned") != std::string::npos; }));
  const std::vector<std::string> left = AuditIds(*pruning);
  ASSERT_EQ(left.size(), 2U) << "the first token's, and the young one";
  EXPECT_EQ(left.front(), "young");
}

TEST_F(ControlPlaneTest, ARevokedTokenIsGoneAtOnce) {
  const auto instance = Start();
  const auto made = MakeToken("ci", static_cast<uint8_t>(Permission::kRun), "", 0, 1);
  ASSERT_TRUE(made.ok());
  const std::string text(made->text.Reveal());
  EXPECT_TRUE(instance->control
                  ->Change([&](ControlTransaction& transaction) {
                    return AsDone(InsertToken(transaction, made->row, kActor, 1));
                  })
                  .ok());
  ASSERT_NE(instance->directory.Get()->FindToken(text), nullptr);
  EXPECT_TRUE(instance->control
                  ->Change([&](ControlTransaction& transaction) {
                    return AsDone(DeleteToken(transaction, made->row, kActor, 2));
                  })
                  .ok());
  EXPECT_EQ(instance->directory.Get()->FindToken(text), nullptr);
}

TEST_F(ControlPlaneTest, TheDefaultGatewayIsMadeOnce) {
  const auto instance = Start();
  EXPECT_EQ(instance->directory.Get()->FindGateway("default"), nullptr);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back(
        [&instance] { EXPECT_TRUE(instance->control->EnsureDefaultGateway().ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto directory = instance->directory.Get();
  ASSERT_NE(directory->FindGateway("default"), nullptr);
  EXPECT_TRUE(directory->FindGateway("default")->authentication);
  int64_t entries = 0;
  EXPECT_TRUE(instance->control
                  ->Read([&](ControlTransaction& transaction) {
                    AuditFilter filter;
                    filter.resource_type = "ai_gateway.gateway";
                    entries = transaction.ListAudit(filter, {})->total;
                    return Done(std::monostate());
                  })
                  .ok());
  EXPECT_EQ(entries, 1);
}

TEST_F(ControlPlaneTest, WithoutAuthenticationTheDefaultGatewayIsThereAtTheStart) {
  const auto instance =
      Start([](TestInstance& one) { one.config.admin->default_authentication = false; });
  const auto directory = instance->directory.Get();
  ASSERT_NE(directory->FindGateway("default"), nullptr);
  EXPECT_FALSE(directory->FindGateway("default")->authentication);
}

TEST_F(ControlPlaneTest, ACustomProviderThatCantBeUsedIsATrouble) {
  const auto instance = Start();
  CustomProviderRow row;
  row.id = "p";
  row.slug = "mine";
  row.name = "Mine";
  row.fields = "{}";
  const auto put = [&](auto change) {
    EXPECT_TRUE(instance->control
                    ->Change([&](ControlTransaction& transaction) {
                      absl::Status status = change(transaction);
                      if (status.ok()) {
                        status = transaction.NoteChange(ChangeKind::kCustomProvider, row.id);
                      }
                      return AsDone(status);
                    })
                    .ok());
  };
  put([&](ControlTransaction& transaction) { return transaction.InsertCustomProvider(row); });
  ASSERT_EQ(instance->control->Troubles().size(), 1u);
  EXPECT_NE(instance->control->Troubles()[0].find("custom provider `mine`"), std::string::npos);
  CustomProviderFields fields;
  fields.base_url = "https://a.example";
  row.fields = fields.Text();
  put([&](ControlTransaction& transaction) { return transaction.UpdateCustomProvider(row); });
  EXPECT_TRUE(instance->control->Troubles().empty());
  EXPECT_NE(instance->directory.Get()->FindCustomProvider("custom-mine"), nullptr);
}

TEST(Uuid, IsOfVersionFourAndNotTheSameTwice) {
  const std::string id = NewUuid();
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_NE(id, NewUuid());
}

}  // namespace
}  // namespace junctor::engine
