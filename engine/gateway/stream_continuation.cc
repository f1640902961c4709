#include "engine/gateway/stream_continuation.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

std::string Minified(dom::element element) { return simdjson::minify(element); }

bool IsReasoning(std::string_view key) { return key == "reasoning_content" || key == "reasoning"; }

std::string_view TextOf(dom::element value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool IsEmptyValue(dom::element value) {
  if (value.is_null()) return true;
  if (value.is_string()) return value.get_string().value_unsafe().empty();
  return value.is_array() && value.get_array().value_unsafe().size() == 0;
}

// The white space that a text ends with.
std::string_view TrailingSpace(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? text : text.substr(last + 1);
}

}  // namespace

struct StreamContinuation::Parser {
  dom::parser parser;
};

StreamContinuation::StreamContinuation() : parser_(std::make_unique<Parser>()) {}
StreamContinuation::~StreamContinuation() = default;
StreamContinuation::StreamContinuation(StreamContinuation&&) noexcept = default;
StreamContinuation& StreamContinuation::operator=(StreamContinuation&&) noexcept = default;

StreamContinuation StreamContinuation::Next(bool continues_prefix) const {
  StreamContinuation next;
  next.is_first_ = false;
  next.can_continue_ = can_continue_;
  next.reasoned_ = reasoned_;
  next.text_ = text_;
  next.id_ = id_;
  next.created_ = created_;
  next.model_ = model_;
  next.must_match_ = !continues_prefix;
  // Providers that go on from a prefix may do so from its last visible character.
  next.expected_ = continues_prefix ? std::string(TrailingSpace(text_)) : text_;
  return next;
}

StreamContinuation::Verdict StreamContinuation::Take(const ServerSentEvent& event,
                                                     std::string* out) {
  if (!event.has_data) return Verdict::kUnchanged;
  if (!is_first_) return Rewrite(event.data, out);
  Watch(event.data);
  return Verdict::kUnchanged;
}

void StreamContinuation::Watch(std::string_view data) {
  dom::object root;
  if (parser_->parser.parse(data.data(), data.size(), true).get_object().get(root) !=
      simdjson::SUCCESS) {
    return;
  }
  for (auto [key, value] : root) {
    if (key == "id" && id_.empty()) id_ = Minified(value);
    if (key == "created" && created_.empty()) created_ = Minified(value);
    if (key == "model" && model_.empty()) model_ = Minified(value);
  }
  dom::array choices;
  if (root["choices"].get_array().get(choices) != simdjson::SUCCESS) return;
  for (dom::element choice : choices) {
    int64_t index = 0;
    if (choice["index"].get_int64().get(index) == simdjson::SUCCESS && index != 0) {
      can_continue_ = false;
    }
    dom::object delta;
    if (choice["delta"].get_object().get(delta) != simdjson::SUCCESS) continue;
    for (auto [key, value] : delta) {
      if (key == "content") {
        text_.append(TextOf(value));
        if (!value.is_string() && !value.is_null()) can_continue_ = false;
      } else if (IsReasoning(key)) {
        reasoned_ = reasoned_ || !IsEmptyValue(value);
      } else if (key != "role" && !IsEmptyValue(value)) {
        can_continue_ = false;
      }
    }
  }
  if (text_.size() > kMaxContinuedBytes) can_continue_ = false;
}

bool StreamContinuation::TakeNew(std::string_view content, std::string_view* fresh) {
  const std::string_view missing = std::string_view(expected_).substr(matched_);
  const size_t common = std::min(missing.size(), content.size());
  if (missing.substr(0, common) == content.substr(0, common)) {
    matched_ += common;
    content.remove_prefix(common);
  } else if (must_match_) {
    return false;
  } else {
    matched_ = expected_.size();
  }
  *fresh = content;
  return true;
}

StreamContinuation::Verdict StreamContinuation::Rewrite(std::string_view data, std::string* out) {
  dom::object root;
  if (parser_->parser.parse(data.data(), data.size(), true).get_object().get(root) !=
      simdjson::SUCCESS) {
    return Verdict::kUnchanged;
  }
  std::string chunk = "data: ";
  JsonWriter writer(&chunk);
  bool tells_something = root["usage"].is_object();
  writer.BeginObject();
  for (auto [key, value] : root) {
    writer.Key(key);
    if (key == "id" && !id_.empty()) {
      writer.Raw(id_);
    } else if (key == "created" && !created_.empty()) {
      writer.Raw(created_);
    } else if (key == "model" && !model_.empty()) {
      writer.Raw(model_);
    } else if (key != "choices" || !value.is_array()) {
      writer.Raw(Minified(value));
    } else {
      writer.BeginArray();
      const dom::array choices = value.get_array().value_unsafe();
      for (dom::element choice : choices) {
        dom::object members;
        if (choice.get_object().get(members) != simdjson::SUCCESS) continue;
        writer.BeginObject();
        for (auto [name, member] : members) {
          writer.Key(name);
          dom::object delta;
          if (name == "finish_reason" && !member.is_null()) {
            // An answer that ends before it has said what the caller has is another answer.
            if (must_match_ && matched_ < expected_.size()) return Verdict::kDiffers;
            tells_something = true;
          }
          if (name != "delta" || member.get_object().get(delta) != simdjson::SUCCESS) {
            writer.Raw(Minified(member));
            continue;
          }
          writer.BeginObject();
          for (auto [field, part] : delta) {
            // The caller knows whose message it is, and has the reasoning before its text.
            if (field == "role") continue;
            if (IsReasoning(field) && (reasoned_ || !text_.empty())) continue;
            if (field == "content" && part.is_string()) {
              std::string_view fresh;
              if (!TakeNew(TextOf(part), &fresh)) return Verdict::kDiffers;
              if (fresh.empty()) continue;
              text_.append(fresh);
              if (text_.size() > kMaxContinuedBytes) can_continue_ = false;
              writer.Key(field).String(fresh);
              tells_something = true;
              continue;
            }
            if (IsEmptyValue(part)) continue;
            // Tools are called after all of the text, or not at all.
            if (must_match_ && matched_ < expected_.size() && !IsReasoning(field)) {
              return Verdict::kDiffers;
            }
            can_continue_ = can_continue_ && IsReasoning(field);
            writer.Key(field).Raw(Minified(part));
            tells_something = true;
          }
          writer.EndObject();
        }
        writer.EndObject();
      }
      writer.EndArray();
    }
  }
  writer.EndObject();
  if (tells_something) out->append(chunk).append("\n\n");
  return Verdict::kRewritten;
}

}  // namespace junctor::engine
