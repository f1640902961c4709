#include "engine/providers/native/universal_entry.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/config/provider_record.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

namespace ondemand = simdjson::ondemand;

// Of values that are repeated in an error.
constexpr size_t kMaxShownBytes = 100;

std::string Excerpt(std::string_view text) {
  return "`" + std::string(text.substr(0, kMaxShownBytes)) +
         (text.size() > kMaxShownBytes ? "…`" : "`");
}

std::string_view TypeInWords(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::array:
      return "an array";
    case ondemand::json_type::object:
      return "an object";
    case ondemand::json_type::number:
      return "a number";
    case ondemand::json_type::string:
      return "a string";
    case ondemand::json_type::boolean:
      return "a boolean";
    case ondemand::json_type::null:
      return "null";
  }
  return "something else";
}

// The keys of an entry that are read; the rest is ignored.
enum class Field : uint8_t { kProvider, kEndpoint, kHeaders, kAuthorization, kQuery, kConfig };
constexpr std::array<std::pair<std::string_view, Field>, 6> kFields = {
    {{"provider", Field::kProvider},
     {"endpoint", Field::kEndpoint},
     {"headers", Field::kHeaders},
     {"authorization", Field::kAuthorization},
     {"query", Field::kQuery},
     {"config", Field::kConfig}}};

// Reads one entry. The first error ends it.
class EntryReader {
 public:
  // `path` names the entry in errors: "" for a single one, "[2]" in a list.
  EntryReader(std::string path, UniversalEntry* entry) : path_(std::move(path)), entry_(entry) {}

  absl::Status Read(ondemand::object object) {
    for (auto member : object) {
      std::string_view key;
      ondemand::value value;
      if (member.unescaped_key().get(key) || member.value().get(value)) return NotJson();
      const auto found = std::find_if(kFields.begin(), kFields.end(),
                                      [key](const auto& field) { return field.first == key; });
      if (found == kFields.end()) continue;
      const auto bit = static_cast<uint8_t>(1u << static_cast<unsigned>(found->second));
      // Two readers could see two requests.
      if ((seen_ & bit) != 0)
        return absl::InvalidArgumentError(PathOf(found->first) + " is given twice");
      seen_ = static_cast<uint8_t>(seen_ | bit);
      if (absl::Status status = ReadField(found->second, value); !status.ok()) return status;
    }
    for (const Field needed : {Field::kProvider, Field::kEndpoint}) {
      if ((seen_ & (1u << static_cast<unsigned>(needed))) != 0) continue;
      return absl::InvalidArgumentError(PathOf(kFields[static_cast<size_t>(needed)].first) +
                                        " is missing");
    }
    return TakeAuthorization();
  }

 private:
  std::string PathOf(std::string_view field) const {
    return "`" + path_ + (path_.empty() ? "" : ".") + std::string(field) + "`";
  }

  static absl::Status NotJson() { return absl::InvalidArgumentError("the body is not JSON"); }

  absl::Status Expected(std::string_view field, std::string_view what, ondemand::value& value) {
    ondemand::json_type type;
    if (value.type().get(type)) return NotJson();
    return absl::InvalidArgumentError(PathOf(field) + ": expected " + std::string(what) +
                                      ", found " + std::string(TypeInWords(type)));
  }

  absl::Status ReadString(std::string_view field, ondemand::value& value, std::string* out) {
    std::string_view text;
    const simdjson::error_code error = value.get_string().get(text);
    if (error == simdjson::INCORRECT_TYPE) return Expected(field, "a string", value);
    if (error) return NotJson();
    out->assign(text);
    return absl::OkStatus();
  }

  absl::Status ReadField(Field field, ondemand::value& value) {
    switch (field) {
      case Field::kProvider:
        return ReadProvider(value);
      case Field::kEndpoint:
        return ReadEndpoint(value);
      case Field::kHeaders:
        return ReadHeaders(value);
      case Field::kAuthorization:
        return ReadAuthorization(value);
      case Field::kQuery:
        return simdjson::to_json_string(value).get(entry_->query) ? NotJson() : absl::OkStatus();
      case Field::kConfig:
        return ReadConfig(value);
    }
    return absl::OkStatus();
  }

  absl::Status ReadProvider(ondemand::value& value) {
    absl::Status status = ReadString("provider", value, &entry_->provider);
    if (!status.ok() || IsProviderSlug(entry_->provider)) return status;
    return absl::InvalidArgumentError(PathOf("provider") +
                                      ": expected 1 to 64 of `a-z 0-9 - _ .`, found " +
                                      Excerpt(entry_->provider));
  }

  absl::Status ReadEndpoint(ondemand::value& value) {
    std::string endpoint;
    if (absl::Status status = ReadString("endpoint", value, &endpoint); !status.ok()) return status;
    if (endpoint.size() > kMaxUniversalEndpointBytes) {
      return absl::InvalidArgumentError(PathOf("endpoint") + " is longer than " +
                                        std::to_string(kMaxUniversalEndpointBytes) + " bytes");
    }
    const size_t question = std::min(endpoint.find('?'), endpoint.size());
    entry_->query_string = endpoint.substr(std::min(question + 1, endpoint.size()));
    endpoint.resize(question);
    if (!endpoint.empty() && !endpoint.starts_with('/')) endpoint.insert(0, "/");
    entry_->path = std::move(endpoint);
    return absl::OkStatus();
  }

  absl::Status ReadAuthorization(ondemand::value& value) {
    if (absl::Status status = ReadString("authorization", value, &authorization_); !status.ok()) {
      return status;
    }
    if (net::IsValidHeaderValue(authorization_)) return absl::OkStatus();
    // The value is a key: it is not repeated.
    return absl::InvalidArgumentError(PathOf("authorization") +
                                      " holds characters that a header can't carry");
  }

  absl::Status ReadHeaders(ondemand::value& value) {
    ondemand::object object;
    const simdjson::error_code error = value.get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE) return Expected("headers", "an object", value);
    if (error) return NotJson();
    size_t bytes = 0;
    for (auto member : object) {
      std::string_view key;
      ondemand::value item;
      if (member.unescaped_key().get(key)) return NotJson();
      std::string name(key);
      if (!net::IsValidHeaderName(name)) {
        return absl::InvalidArgumentError(PathOf("headers") + ": " + Excerpt(name) +
                                          " is not the name of a header");
      }
      if (member.value().get(item)) return NotJson();
      std::string text;
      if (absl::Status status = ReadHeaderValue("headers." + name, item, &text); !status.ok()) {
        return status;
      }
      bytes += name.size() + text.size();
      SetHeader(std::move(name), std::move(text));
      if (entry_->headers.size() > kMaxUniversalHeaders || bytes > kMaxUniversalHeaderBytes) {
        return absl::InvalidArgumentError(
            PathOf("headers") + " has more than " + std::to_string(kMaxUniversalHeaders) +
            " headers, or more than " + std::to_string(kMaxUniversalHeaderBytes) +
            " bytes of them");
      }
    }
    return absl::OkStatus();
  }

  // Numbers and booleans become text: clients put their options there as they have them.
  absl::Status ReadHeaderValue(const std::string& field, ondemand::value& value,
                               std::string* text) {
    ondemand::json_type type;
    if (value.type().get(type)) return NotJson();
    if (type == ondemand::json_type::string) {
      if (absl::Status status = ReadString(field, value, text); !status.ok()) return status;
    } else if (type == ondemand::json_type::number) {
      std::string_view token;
      double number = 0;
      if (simdjson::to_json_string(value).get(token) || value.get_double().get(number)) {
        return NotJson();
      }
      text->assign(token);
    } else if (type == ondemand::json_type::boolean) {
      bool flag = false;
      if (value.get_bool().get(flag)) return NotJson();
      text->assign(flag ? "true" : "false");
    } else {
      return Expected(field, "a string, a number or a boolean", value);
    }
    if (net::IsValidHeaderValue(*text)) return absl::OkStatus();
    return absl::InvalidArgumentError(PathOf(field) +
                                      " holds characters that a header can't carry");
  }

  void SetHeader(std::string name, std::string text) {
    for (auto& header : entry_->headers) {
      if (!net::EqualsIgnoreCase(header.first, name)) continue;
      header.second = std::move(text);
      return;
    }
    entry_->headers.emplace_back(std::move(name), std::move(text));
  }

  absl::Status ReadConfig(ondemand::value& value) {
    ondemand::object object;
    const simdjson::error_code error = value.get_object().get(object);
    if (error == simdjson::INCORRECT_TYPE) return Expected("config", "an object", value);
    if (error) return NotJson();
    for (auto member : object) {
      std::string_view key;
      ondemand::value item;
      if (member.unescaped_key().get(key) || member.value().get(item)) return NotJson();
      if (absl::Status status = ReadOption(key, item); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadOption(std::string_view key, ondemand::value& value) {
    using SetOption = absl::Status (*)(uint64_t, OptionValues*);
    static constexpr std::array<std::pair<std::string_view, SetOption>, 3> kNumbers = {
        {{"requestTimeout", SetTimeout},
         {"maxAttempts", SetMaxAttempts},
         {"retryDelay", SetRetryDelay}}};
    const std::string field = "config." + std::string(key);
    for (const auto& [name, set] : kNumbers) {
      if (name != key) continue;
      uint64_t number = 0;
      if (value.get_uint64().get(number)) {
        std::string_view found;
        if (simdjson::to_json_string(value).get(found)) return NotJson();
        return absl::InvalidArgumentError(PathOf(field) + ": expected a whole number, found " +
                                          Excerpt(found));
      }
      return Named(field, set(number, &entry_->config));
    }
    if (key != "backoff") return absl::OkStatus();
    std::string name;
    if (absl::Status status = ReadString(field, value, &name); !status.ok()) return status;
    return Named(field, SetBackoff(name, &entry_->config));
  }

  absl::Status Named(std::string_view field, const absl::Status& status) {
    if (status.ok()) return status;
    return absl::InvalidArgumentError(PathOf(field) + ": " + std::string(status.message()));
  }

  absl::Status TakeAuthorization() {
    if (authorization_.empty()) return absl::OkStatus();
    for (const auto& header : entry_->headers) {
      if (net::EqualsIgnoreCase(header.first, "authorization")) return absl::OkStatus();
    }
    entry_->headers.emplace_back("authorization", std::move(authorization_));
    return absl::OkStatus();
  }

  std::string path_;
  UniversalEntry* entry_;
  std::string authorization_;
  uint8_t seen_ = 0;
};

// Nothing but white space may follow.
absl::Status CheckEnd(ondemand::document& document) {
  const char* location = nullptr;
  if (document.current_location().get(location) != simdjson::SUCCESS) return absl::OkStatus();
  return absl::InvalidArgumentError("the body has text after its end");
}

absl::StatusOr<std::vector<UniversalEntry>> ParseList(ondemand::document& document) {
  ondemand::array array;
  if (document.get_array().get(array)) return absl::InvalidArgumentError("the body is not JSON");
  std::vector<UniversalEntry> entries;
  for (auto element : array) {
    const std::string path = "[" + std::to_string(entries.size()) + "]";
    if (entries.size() == kMaxUniversalEntries) {
      return absl::InvalidArgumentError("the body has more than " +
                                        std::to_string(kMaxUniversalEntries) + " entries");
    }
    ondemand::value value;
    if (element.get(value)) return absl::InvalidArgumentError("the body is not JSON");
    ondemand::json_type type;
    if (value.type().get(type)) return absl::InvalidArgumentError("the body is not JSON");
    if (type != ondemand::json_type::object) {
      return absl::InvalidArgumentError("`" + path + "`: expected an object, found " +
                                        std::string(TypeInWords(type)));
    }
    ondemand::object object;
    if (value.get_object().get(object)) return absl::InvalidArgumentError("the body is not JSON");
    EntryReader reader(path, &entries.emplace_back());
    if (absl::Status status = reader.Read(object); !status.ok()) return status;
  }
  if (entries.empty()) return absl::InvalidArgumentError("the body has no entries");
  if (absl::Status status = CheckEnd(document); !status.ok()) return status;
  return entries;
}

absl::StatusOr<std::vector<UniversalEntry>> ParseSingle(ondemand::document& document) {
  ondemand::object object;
  if (document.get_object().get(object)) return absl::InvalidArgumentError("the body is not JSON");
  std::vector<UniversalEntry> entries(1);
  EntryReader reader("", &entries.front());
  if (absl::Status status = reader.Read(object); !status.ok()) return status;
  if (absl::Status status = CheckEnd(document); !status.ok()) return status;
  return entries;
}

}  // namespace

net::HeaderList UniversalEntry::HeaderViews() const {
  net::HeaderList views;
  for (const auto& [name, value] : headers) views.push_back({name, value});
  return views;
}

absl::StatusOr<std::vector<UniversalEntry>> ParseUniversalRequest(std::string_view body) {
  ondemand::parser parser;
  ondemand::document document;
  const simdjson::padded_string_view padded(body.data(), body.size(), body.size() + kBodyPadding);
  ondemand::json_type type;
  if (parser.iterate(padded).get(document) || document.type().get(type)) {
    return absl::InvalidArgumentError("the body is not JSON");
  }
  if (type == ondemand::json_type::array) return ParseList(document);
  if (type == ondemand::json_type::object) return ParseSingle(document);
  return absl::InvalidArgumentError("expected an object or an array of them, found " +
                                    std::string(TypeInWords(type)));
}

absl::StatusOr<RequestOptions> OptionsOfEntry(const UniversalEntry& entry,
                                              std::initializer_list<OptionValues> others) {
  const absl::StatusOr<OptionValues> headers = ReadOptionHeaders(entry.HeaderViews());
  if (!headers.ok()) return headers.status();
  std::vector<OptionValues> by_precedence = {entry.config, *headers};
  by_precedence.insert(by_precedence.end(), others.begin(), others.end());
  return ResolveOptions(by_precedence);
}

}  // namespace junctor::engine
