#include "engine/faulty/script.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>

namespace junctor::engine {
namespace {

// Names are counted forever: a client that makes up new ones must not fill the memory.
constexpr size_t kMaxCountedNames = 100'000;

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

}  // namespace

absl::Status Script::Read(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError()) {
    return Invalid("not JSON at byte " + std::to_string(document.GetErrorOffset()) + ": " +
                   rapidjson::GetParseError_En(document.GetParseError()));
  }
  if (!document.IsObject()) return Invalid("expected an object with `models` and `paths`");
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& group : document.GetObject()) {
    const std::string key(group.name.GetString(), group.name.GetStringLength());
    if (key != "models" && key != "paths") {
      return Invalid("expected `models` or `paths`, found `" + key + "`");
    }
    if (!group.value.IsObject()) return Invalid("`" + key + "`: expected an object");
    for (const auto& member : group.value.GetObject()) {
      const std::string name(member.name.GetString(), member.name.GetStringLength());
      const std::string where = "`" + key + "." + name + "`: ";
      if (!member.value.IsArray() || member.value.Empty()) {
        return Invalid(where + "expected a list of behaviours");
      }
      List list;
      for (const rapidjson::Value& item : member.value.GetArray()) {
        if (!item.IsString()) return Invalid(where + "expected names of behaviours");
        list.names.emplace_back(item.GetString(), item.GetStringLength());
        const absl::Status status = Behaviour::Parse(list.names.back()).status();
        if (!status.ok()) return Invalid(where + std::string(status.message()));
      }
      (key == "models" ? models_ : paths_).insert_or_assign(name, std::move(list));
    }
  }
  return absl::OkStatus();
}

Script::Choice Script::Choose(std::string_view model, std::string_view path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  List* list = nullptr;
  if (const auto by_model = models_.find(model); by_model != models_.end()) {
    list = &by_model->second;
  } else if (const auto by_path = paths_.find(path); by_path != paths_.end()) {
    list = &by_path->second;
  }
  if (list == nullptr) return {std::string(model), false};
  const size_t at = std::min(list->next, list->names.size() - 1);
  ++list->next;
  return {list->names[at], true};
}

uint64_t Script::Count(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (counts_.size() >= kMaxCountedNames && !counts_.contains(name)) return 0;
  return counts_[name]++;
}

void Script::Restart() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto* lists : {&models_, &paths_}) {
    for (auto& [name, list] : *lists) list.next = 0;
  }
  counts_.clear();
}

}  // namespace junctor::engine
