// The JSON form of a difference: see route_diff.h.
#include "engine/control/route_diff.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// A list in JSON: begins each entry with what has to stand before it.
class List {
 public:
  explicit List(std::string* out) : out_(out) { *out_ += '['; }
  ~List() { *out_ += ']'; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  std::string* Next() {
    if (!first_) *out_ += ',';
    first_ = false;
    return out_;
  }

 private:
  std::string* const out_;
  bool first_ = true;
};

void AppendName(std::string* out, std::string_view name) {
  if (out->back() != '{') *out += ',';
  AppendJsonString(out, name);
  *out += ':';
}

void AppendText(std::string* out, std::string_view name, std::string_view text) {
  AppendName(out, name);
  AppendJsonString(out, text);
}

void AppendTextOrNull(std::string* out, std::string_view name, std::string_view text) {
  AppendName(out, name);
  if (text.empty()) {
    *out += "null";
  } else {
    AppendJsonString(out, text);
  }
}

void AppendJsonOrNull(std::string* out, std::string_view name, std::string_view json) {
  AppendName(out, name);
  *out += json.empty() ? "null" : json;
}

void AppendBounds(std::string* out, std::string_view name,
                  const std::optional<ProgramBounds>& bounds) {
  AppendName(out, name);
  if (!bounds.has_value()) {
    *out += "null";
    return;
  }
  *out += "{\"longest_path\":" + std::to_string(bounds->longest_path) +
          ",\"max_calls\":" + std::to_string(bounds->max_calls) +
          ",\"worst_first_byte_ms\":" + std::to_string(bounds->worst_first_byte_ms) + "}";
}

void AppendElements(std::string* out, std::string_view name,
                    const std::vector<std::string>& elements) {
  AppendName(out, name);
  List list(out);
  for (const std::string& element : elements) *list.Next() += element;
}

void AppendChange(std::string* out, const ElementChange& change) {
  *out += '{';
  AppendText(out, "id", change.id);
  AppendName(out, "properties");
  {
    List list(out);
    for (const PropertyChange& property : change.properties) {
      *list.Next() += '{';
      AppendText(out, "name", property.name);
      AppendJsonOrNull(out, "before", property.before);
      AppendJsonOrNull(out, "after", property.after);
      *out += '}';
    }
  }
  *out += '}';
}

void AppendRewiring(std::string* out, const Rewiring& output) {
  *out += '{';
  AppendText(out, "id", output.id);
  AppendText(out, "output", output.output);
  AppendTextOrNull(out, "before", output.before);
  AppendTextOrNull(out, "after", output.after);
  *out += '}';
}

}  // namespace

std::string RenderRouteDiffJson(const RouteDiff& diff, std::string_view from, std::string_view to) {
  std::string out = "{";
  AppendText(&out, "from", from);
  AppendText(&out, "to", to);
  AppendElements(&out, "added", diff.added);
  AppendElements(&out, "removed", diff.removed);
  AppendName(&out, "changed");
  {
    List list(&out);
    for (const ElementChange& change : diff.changed) AppendChange(list.Next(), change);
  }
  AppendName(&out, "rewired");
  {
    List list(&out);
    for (const Rewiring& output : diff.rewired) AppendRewiring(list.Next(), output);
  }
  AppendName(&out, "deadline");
  out += '{';
  AppendJsonOrNull(&out, "before", diff.deadline_before);
  AppendJsonOrNull(&out, "after", diff.deadline_after);
  out += '}';
  AppendName(&out, "bounds");
  out += '{';
  AppendBounds(&out, "before", diff.bounds_before);
  AppendBounds(&out, "after", diff.bounds_after);
  out += '}';
  AppendName(&out, "summary");
  {
    List list(&out);
    for (const std::string& line : diff.summary) AppendJsonString(list.Next(), line);
  }
  return out + "}";
}

}  // namespace junctor::engine
