#include "tests/simulation/store_server.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "engine/store/redis_scripts.h"

namespace junctor::simulation {
namespace {

using engine::RedisReply;

// What the scripts are called.
constexpr std::string_view kCheckName = "check", kChargeName = "charge";
// After its last word so long a gateway is one of those that live.
constexpr Time kInstanceLife = 10 * kSecond;
// After so long each client has heard what time it is: from a beat every two seconds, and messages
// are no more than half a second on their way.
constexpr Time kLearnsClock = 3 * kSecond;
// Where keys, and the arguments of a charge, stand.
constexpr size_t kFirstKey = 3, kFirstChargeArgument = 5;

uint64_t NumberIn(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

RedisReply Integer(int64_t number) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kInteger;
  reply.integer = number;
  return reply;
}

RedisReply Integers(std::initializer_list<int64_t> numbers) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kArray;
  for (const int64_t number : numbers) reply.items.push_back(Integer(number));
  return reply;
}

RedisReply Text(RedisReply::Kind kind, std::string_view text) {
  RedisReply reply;
  reply.kind = kind;
  reply.text = std::string(text);
  return reply;
}

// The length that stands on the next line, behind its mark.
size_t TakeLength(std::string_view* text) {
  const size_t end = text->find("\r\n");
  const size_t length = NumberIn(text->substr(1, end - 1));
  text->remove_prefix(end + 2);
  return length;
}

// A part of a key up to `end`, with its escapes undone.
std::string TakePart(std::string_view* key, std::string_view end) {
  const size_t size = std::min(key->find(end), key->size());
  std::string part;
  for (size_t i = 0; i < size; ++i) {
    if ((*key)[i] != '%') {
      part.push_back((*key)[i]);
      continue;
    }
    int byte = 0;
    std::from_chars(key->data() + i + 1, key->data() + i + 3, byte, 16);
    part.push_back(static_cast<char>(byte));
    i += 2;
  }
  key->remove_prefix(std::min(size + end.size(), key->size()));
  return part;
}

}  // namespace

StoreServer::StoreServer(Context* context, const CheckedStore::Options& options)
    : context_(context), store_(context, options) {}

std::vector<ServerAnswer> StoreServer::Run(uint64_t process, std::string_view text) {
  std::vector<ServerAnswer> answers;
  while (!text.empty()) {
    Words words(TakeLength(&text));
    for (std::string_view& word : words) {
      const size_t size = TakeLength(&text);
      word = text.substr(0, size);
      text.remove_prefix(size + 2);
    }
    answers.push_back(Do(process, words));
  }
  return answers;
}

ServerAnswer StoreServer::Do(uint64_t process, const Words& words) {
  if (words[0] == "SCRIPT") {
    const std::string_view name = words[2] == engine::RedisCheckScript() ? kCheckName : kChargeName;
    scripts_.emplace(name);
    return {.reply = Text(RedisReply::Kind::kText, name)};
  }
  if (words[0] == "EVAL") return {.reply = Beat(words)};
  if (!scripts_.contains(std::string(words[1]))) {
    return {.reply = Text(RedisReply::Kind::kError, "NOSCRIPT No matching script.")};
  }
  if (words[1] == kCheckName) return Check(process, words);
  Charge(process, words);
  return {.reply = Integer(1)};
}

RedisReply StoreServer::Beat(const Words& words) {
  std::erase_if(instances_, [this](const auto& instance) {
    return instance.second <= context_->clock.now() - kInstanceLife;
  });
  instances_[std::string(words[4])] = context_->clock.now();
  return Integers({static_cast<int64_t>(instances_.size()), Microseconds()});
}

void StoreServer::SetClock(Time step) {
  context_->trace.Note(What::kStoreClock, static_cast<uint64_t>(std::max<Time>(step, 0)));
  clock_ahead_ += step;
  if (step < 0) misjudged_until_ = context_->clock.now() + kLearnsClock;
}

StoreServer::Limit StoreServer::LimitOf(std::string_view main_key, const Words& words,
                                        size_t first) {
  Limit limit;
  main_key.remove_prefix(main_key.find('{') + 1);
  limit.gateway = TakePart(&main_key, "}:");
  main_key.remove_prefix(2);
  limit.route = TakePart(&main_key, ":");
  limit.spec.type = words[first] == "m" ? LimitType::kCost : LimitType::kCount;
  limit.spec.technique =
      words[first + 1] == "1" ? WindowTechnique::kSliding : WindowTechnique::kFixed;
  limit.spec.limit = NumberIn(words[first + 2]);
  limit.spec.window_seconds = static_cast<uint32_t>(NumberIn(words[first + 3]) / 1'000'000);
  limit.element = std::string(words[first + 4]);
  limit.key = std::string(words[first + 5]);
  return limit;
}

uint64_t StoreServer::WindowOf(const Limit& limit) const {
  return context_->WindowId(CheckedStore::NameOf(limit.spec.type, limit.name(), limit.key));
}

uint64_t StoreServer::WindowOf(const engine::LedgerAccount& account) const {
  std::string_view main_key = account.keys.main;
  main_key.remove_prefix(main_key.find('{') + 1);
  const std::string gateway = TakePart(&main_key, "}:");
  main_key.remove_prefix(2);
  const std::string route = TakePart(&main_key, ":");
  return context_->WindowId(
      CheckedStore::NameOf(account.spec.type, {gateway, route, account.element}, account.key));
}

ServerAnswer StoreServer::Check(uint64_t process, const Words& words) {
  const size_t limits = NumberIn(words[2]) / 2;
  ServerAnswer answer;
  answer.is_question = true;
  if (Microseconds() > static_cast<int64_t>(NumberIn(words.back()))) {
    answer.is_late = true;
    answer.reply = Integers({Microseconds()});
    context_->trace.Note(What::kLate, process);
    return answer;
  }
  answer.reply.kind = RedisReply::Kind::kArray;
  for (size_t i = 0; i < limits; ++i) {
    const size_t first = kFirstKey + 2 * limits + i * engine::kCheckArguments;
    Limit limit = LimitOf(words[kFirstKey + 2 * i], words, first);
    limit.spec.reserve = words[first + 6] == "1";
    engine::LimitAsk ask;
    ask.name = limit.name();
    ask.key = limit.key;
    ask.spec = &limit.spec;
    ask.estimate = NumberIn(words[first + 7]);
    ask.lease_ns = static_cast<int64_t>(NumberIn(words[first + 8])) * 1000;
    answer.told.push_back(Told(process, WindowOf(limit)));
    engine::LimitVerdict verdict;
    store_.Ask(ask, store_.now(), &verdict);
    if (limit.spec.reserve && verdict.ticket) {
      holds_[std::string(words[first + 9])] = {std::move(verdict.ticket), ask.estimate};
    }
    RedisReply& one = answer.reply.items.emplace_back();
    one.kind = RedisReply::Kind::kArray;
    const int64_t code = verdict.too_large ? -1 : verdict.answer.admitted ? 1 : 0;
    for (const int64_t value :
         {code, static_cast<int64_t>(verdict.answer.retry_after_ms) * 1000,
          static_cast<int64_t>(verdict.limit), static_cast<int64_t>(verdict.left),
          static_cast<int64_t>(verdict.reset_ms) * 1000}) {
      one.items.push_back(Integer(value));
    }
    if (!verdict.answer.admitted) break;
  }
  return answer;
}

engine::LimitTicket& StoreServer::StandingTicket(const Limit& limit, uint64_t window) {
  engine::LimitTicket& ticket = standing_[window];
  if (!ticket) {
    // A limit that always admits, of the same window.
    LimitSpec open = limit.spec;
    open.limit = UINT64_MAX / 2;
    open.reserve = false;
    engine::LimitAsk ask;
    ask.name = limit.name();
    ask.key = limit.key;
    ask.spec = &open;
    engine::LimitVerdict verdict;
    store_.Ask(ask, store_.now(), &verdict);
    ticket = std::move(verdict.ticket);
  }
  return ticket;
}

uint64_t StoreServer::LastNumber(uint64_t process, uint64_t window) const {
  const auto charges = counted_.find(window);
  if (charges == counted_.end()) return 0;
  auto next = charges->second.upper_bound({process, UINT64_MAX});
  if (next == charges->second.begin()) return 0;
  --next;
  return next->first.first == process ? next->first.second : 0;
}

uint64_t StoreServer::Told(uint64_t process, uint64_t window) const {
  const auto told = told_.find({process, window});
  return told == told_.end() ? 0 : told->second;
}

void StoreServer::Charge(uint64_t process, const Words& words) {
  const Limit limit = LimitOf(words[kFirstKey], words, kFirstChargeArgument);
  const uint64_t window = WindowOf(limit);
  uint64_t amount = NumberIn(words[kFirstChargeArgument + 6]);
  const uint64_t number = NumberIn(words[kFirstChargeArgument + 9]);
  if (limit.spec.type == LimitType::kCount) {
    uint64_t& last = merged_[{process, window}];
    if (number <= last) return;
    last = number;
    context_->trace.Note(What::kMerge, process, number);
    engine::LimitAsk ask;
    ask.name = limit.name();
    ask.key = limit.key;
    ask.spec = &limit.spec;
    // As far as the limit has room: more of it says nothing more.
    engine::LimitVerdict verdict;
    verdict.answer.admitted = true;
    for (; amount > 0 && verdict.answer.admitted; --amount) {
      store_.Ask(ask, store_.now(), &verdict);
    }
    return;
  }
  const bool is_new = number > LastNumber(process, window);
  if (is_new) {
    const ChargeName name = {process, number};
    counted_[window].emplace(name, amount);
    if (rolled_back_[window].erase(name) > 0) {
      context_->accounts[window].rolled_back.Remove(amount);
    } else {
      told_[{process, window}] += amount;
    }
  }
  uint64_t left = is_new ? amount : 0;
  for (size_t i = kFirstChargeArgument + 10; i + 1 < words.size(); i += 2) {
    const std::string_view before = words[i], after = words[i + 1];
    const size_t colon = before.rfind(':');
    const auto hold = holds_.find(std::string(before.substr(0, colon)));
    if (hold == holds_.end() || hold->second.amount != NumberIn(before.substr(colon + 1))) continue;
    if (after.empty()) {
      store_.Settle(&hold->second.ticket, store_.now());
      holds_.erase(hold);
      continue;
    }
    const uint64_t then = NumberIn(after.substr(after.rfind(':') + 1));
    const uint64_t drawn = std::min(left, hold->second.amount - then);
    hold->second.amount = then;
    left -= drawn;
    if (drawn > 0) store_.Charge(hold->second.ticket, drawn, store_.now());
  }
  if (left > 0) store_.Charge(StandingTicket(limit, window), left, store_.now());
}

bool StoreServer::Knows(uint64_t process, uint64_t number, uint64_t window) {
  const ChargeName name = {process, number};
  return counted_[window].contains(name) || rolled_back_[window].contains(name);
}

void StoreServer::BeginCommit() {
  store_.BeginCommit();
  committing_ = counted_;
}

void StoreServer::EndCommit() {
  store_.EndCommit();
  disk_ = std::move(committing_);
  committing_.clear();
}

void StoreServer::Restart() {
  // Connections stay, as those of a proxy do; scripts do not.
  scripts_.clear();
  instances_.clear();
  holds_.clear();
  standing_.clear();
  for (auto& [window, charges] : counted_) {
    for (const auto& [name, amount] : charges) {
      if (disk_[window].contains(name)) continue;
      Account& account = context_->accounts[window];
      account.applied.Remove(amount);
      account.rolled_back.Add(amount);
      rolled_back_[window].insert(name);
    }
  }
  counted_ = disk_;
  committing_.clear();
  context_->trace.Note(What::kStoreRestart, store_.Restart());
}

}  // namespace junctor::simulation
