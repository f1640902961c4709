#include "engine/secrets/sealed_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;

MasterKeys SomeKeys(char digit) { return *MasterKeys::Parse(std::string(64, digit)); }

TEST(SealedSecret, OpensToWhatWasSealed) {
  const MasterKeys keys = SomeKeys('1');
  for (const std::string& text : {std::string("sk-abc"), std::string(), std::string("a\0b\xff", 4),
                                  std::string(65536, 'x')}) {
    const auto sealed = SealSecret(keys, "id", Secret(text));
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->master_key_id, keys.active().id);
    EXPECT_EQ(sealed->bytes.size(), 1 + 12 + 32 + 16 + 12 + text.size() + 16);
    const auto opened = OpenSecret(keys, "id", *sealed);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), text);
  }
}

TEST(SealedSecret, NeverHoldsTheTextAndIsNeverTheSame) {
  const MasterKeys keys = SomeKeys('1');
  const auto one = SealSecret(keys, "id", Secret("a secret of some length"));
  const auto two = SealSecret(keys, "id", Secret("a secret of some length"));
  EXPECT_THAT(one->bytes, testing::Not(HasSubstr("secret")));
  EXPECT_NE(one->bytes.substr(1, 60), two->bytes.substr(1, 60)) << "data keys";
  EXPECT_NE(one->bytes.substr(61), two->bytes.substr(61)) << "secrets";
}

TEST(SealedSecret, EveryBitThatIsChangedIsNoticed) {
  const MasterKeys keys = SomeKeys('1');
  const SealedSecret sealed = *SealSecret(keys, "id", Secret("sk-abc"));
  for (size_t at = 0; at < sealed.bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      SealedSecret changed = sealed;
      changed.bytes[at] = static_cast<char>(changed.bytes[at] ^ (1 << bit));
      const auto status = OpenSecret(keys, "id", changed).status();
      ASSERT_EQ(status.code(),
                at == 0 ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kDataLoss)
          << at << ": " << status;
    }
  }
  for (size_t size = 0; size < sealed.bytes.size(); ++size) {
    SealedSecret cut = sealed;
    cut.bytes.resize(size);
    ASSERT_FALSE(OpenSecret(keys, "id", cut).ok()) << size;
    ASSERT_FALSE(RewrapSecret(keys, "id", cut).ok() && OpenSecret(keys, "id", cut).ok()) << size;
  }
}

TEST(SealedSecret, IsBoundToItsId) {
  const MasterKeys keys = SomeKeys('1');
  const SealedSecret sealed = *SealSecret(keys, "id", Secret("sk-abc"));
  EXPECT_TRUE(absl::IsDataLoss(OpenSecret(keys, "other", sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(RewrapSecret(keys, "other", sealed).status()));
}

TEST(SealedSecret, TakesTheKeyThatSealedIt) {
  const SealedSecret sealed = *SealSecret(SomeKeys('1'), "id", Secret("sk-abc"));
  const auto missing = OpenSecret(SomeKeys('2'), "id", sealed).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr(SomeKeys('1').active().id));
  // A row that says it was sealed by another key.
  const SealedSecret lie = {sealed.bytes, SomeKeys('2').active().id};
  EXPECT_TRUE(absl::IsDataLoss(OpenSecret(SomeKeys('2'), "id", lie).status()));
}

TEST(SealedSecret, IsRewrappedWithoutBeingEncryptedAnew) {
  const MasterKeys old_keys = SomeKeys('1');
  const MasterKeys both = MasterKeys::Joined(SomeKeys('2'), old_keys);
  const SealedSecret sealed = *SealSecret(old_keys, "id", Secret("sk-abc"));
  const auto rewrapped = RewrapSecret(both, "id", sealed);
  ASSERT_TRUE(rewrapped.ok()) << rewrapped.status();
  EXPECT_EQ(rewrapped->master_key_id, SomeKeys('2').active().id);
  EXPECT_EQ(rewrapped->bytes.substr(61), sealed.bytes.substr(61));
  EXPECT_EQ(OpenSecret(SomeKeys('2'), "id", *rewrapped)->Reveal(), "sk-abc");
  EXPECT_FALSE(OpenSecret(old_keys, "id", *rewrapped).ok());
}

TEST(SealedSecret, HasALimit) {
  const auto status = SealSecret(SomeKeys('1'), "id", Secret(std::string(65537, 'x'))).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
}

}  // namespace
}  // namespace junctor::engine
