#include "engine/cli/client/route_diff_text.h"

#include "absl/strings/str_join.h"

namespace junctor::engine {
namespace {

constexpr const char* kArrow = " → ";

// The JSON text of a value; empty where there is none.
std::string TextOf(const Json& value) { return value.is_null() ? "" : value.Compact(); }

std::vector<std::string> TextsOf(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& one : list.items()) texts.push_back(one.Compact());
  return texts;
}

// "backup (model)" of an element's JSON text.
std::string ElementName(const std::string& element) {
  const absl::StatusOr<Json> json = Json::Parse(element);
  if (!json.ok()) return element;
  return (*json)["id"].text() + " (" + (*json)["type"].text() + ")";
}

std::string FromTo(const std::string& before, const std::string& after) {
  const auto shown = [](const std::string& text) { return text.empty() ? "(none)" : text; };
  return shown(before) + kArrow + shown(after);
}

}  // namespace

RouteDiff ReadRouteDiff(const Json& result) {
  RouteDiff diff;
  diff.added = TextsOf(result["added"]);
  diff.removed = TextsOf(result["removed"]);
  for (const Json& element : result["changed"].items()) {
    ElementChange change{element["id"].text(), {}};
    for (const Json& one : element["properties"].items()) {
      change.properties.push_back(
          {one["name"].text(), TextOf(one["before"]), TextOf(one["after"])});
    }
    diff.changed.push_back(std::move(change));
  }
  for (const Json& one : result["rewired"].items()) {
    diff.rewired.push_back(
        {one["id"].text(), one["output"].text(), one["before"].text(), one["after"].text()});
  }
  diff.deadline_before = TextOf(result["deadline"]["before"]);
  diff.deadline_after = TextOf(result["deadline"]["after"]);
  for (const Json& line : result["summary"].items()) diff.summary.push_back(line.text());
  return diff;
}

bool HasDifferences(const RouteDiff& diff) {
  return !diff.added.empty() || !diff.removed.empty() || !diff.changed.empty() ||
         !diff.rewired.empty() || diff.deadline_before != diff.deadline_after;
}

std::string ShortText(const RouteDiff& diff) { return absl::StrJoin(diff.summary, ", "); }

void PrintRouteDiff(const RouteDiff& diff, const Console& console) {
  const auto paint = [&](const char* colour, const std::string& line) {
    console.out << (console.colour_out ? colour + line + "\x1b[0m" : line) << '\n';
  };
  constexpr const char* kGreen = "\x1b[32m";
  constexpr const char* kRed = "\x1b[31m";
  constexpr const char* kYellow = "\x1b[33m";
  for (const std::string& element : diff.removed) paint(kRed, "- " + ElementName(element));
  for (const std::string& element : diff.added) paint(kGreen, "+ " + ElementName(element));
  for (const ElementChange& element : diff.changed) {
    for (const PropertyChange& one : element.properties) {
      paint(kYellow, "~ " + element.id + ": " + one.name + " " + FromTo(one.before, one.after));
    }
  }
  for (const Rewiring& one : diff.rewired) {
    paint(kYellow, "> " + one.id + ": " + one.output + " " + FromTo(one.before, one.after));
  }
  console.out << ShortText(diff) << '\n';
}

}  // namespace junctor::engine
