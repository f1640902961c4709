#include "engine/secrets/rotate_master_key.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/secrets/sealed_secret.h"

namespace junctor::engine {
namespace {

MasterKeys KeysOf(char digit) { return *MasterKeys::Parse(std::string(64, digit)); }

class RotateMasterKeyTest : public ::testing::Test {
 protected:
  RotateMasterKeyTest() {
    std::filesystem::create_directories(folder_);
    store_ = *ControlStore::Open({.sqlite_file = folder_ / "junctor.db", .postgresql_url = ""});
  }
  ~RotateMasterKeyTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Put(const std::string& id, const MasterKeys& keys, const std::string& text) {
    const SealedSecret sealed = *SealSecret(keys, id, Secret(text));
    const absl::Status status = store_->Change([&](ControlTransaction& transaction) {
      return transaction.PutSecret({.id = id,
                                    .sealed = sealed.bytes,
                                    .master_key_id = sealed.master_key_id,
                                    .preview = "…",
                                    .created_ms = 1,
                                    .modified_ms = 2});
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  // What the secrets open to with `keys`.
  std::vector<std::string> OpenAll(const MasterKeys& keys) {
    std::vector<std::string> texts;
    const absl::Status status = store_->Read([&](ControlTransaction& transaction) {
      const std::vector<SecretRow> rows = *transaction.AllSecrets();
      for (const SecretRow& row : rows) {
        const auto opened = OpenSecret(keys, row.id, {row.sealed, row.master_key_id});
        texts.push_back(opened.ok() ? std::string(opened->Reveal()) : "closed");
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return texts;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("junctor_rotate_" + std::to_string(getpid()));
  std::unique_ptr<ControlStore> store_;
};

using Texts = std::vector<std::string>;

TEST_F(RotateMasterKeyTest, SealsEverySecretUnderTheNewKeyOnce) {
  Put("a", KeysOf('1'), "first");
  Put("b", KeysOf('1'), "second");
  Put("c", KeysOf('2'), "new already");
  const MasterKeys both = MasterKeys::Joined(KeysOf('2'), KeysOf('1'));
  const auto changed = RotateMasterKey(store_.get(), both);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(*changed, 2);
  EXPECT_EQ(OpenAll(KeysOf('2')), (Texts{"first", "second", "new already"}));
  EXPECT_EQ(OpenAll(KeysOf('1')), (Texts{"closed", "closed", "closed"}));
  EXPECT_EQ(*RotateMasterKey(store_.get(), both), 0) << "run again, nothing is left to do";
}

TEST_F(RotateMasterKeyTest, ChangesNothingWhereOneSecretCantBeOpened) {
  Put("a", KeysOf('1'), "first");
  Put("b", KeysOf('3'), "of a key that is lost");
  const auto changed = RotateMasterKey(store_.get(), MasterKeys::Joined(KeysOf('2'), KeysOf('1')));
  EXPECT_TRUE(absl::IsFailedPrecondition(changed.status())) << changed.status();
  EXPECT_EQ(OpenAll(KeysOf('1')), (Texts{"first", "closed"}));
}

}  // namespace
}  // namespace junctor::engine
