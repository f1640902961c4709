#include "engine/providers/google/vertex_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxRegionBytes = 64;    // one label of a host name
constexpr size_t kMaxProjectBytes = 256;  // far beyond any that is real

}  // namespace

bool IsVertexRegion(std::string_view region) {
  // ^[a-z]+(-[a-z]+)*[0-9]*$
  if (region.empty() || region.size() > kMaxRegionBytes) return false;
  while (!region.empty() && absl::ascii_isdigit(static_cast<unsigned char>(region.back())))
    region.remove_suffix(1);
  char previous = '-';
  for (const char c : region) {
    if (c == '-' ? previous == '-' : !absl::ascii_islower(static_cast<unsigned char>(c)))
      return false;
    previous = c;
  }
  return previous != '-';
}

bool IsVertexProject(std::string_view project) {
  if (project.empty() || project.size() > kMaxProjectBytes) return false;
  if (!absl::ascii_isalnum(static_cast<unsigned char>(project.front()))) return false;
  return project.find("..") == std::string_view::npos &&
         std::all_of(project.begin(), project.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ||
                  c == ':' || c == '_';
         });
}

std::string VertexHost(std::string_view region) {
  constexpr std::string_view kHost = "aiplatform.googleapis.com";
  if (region == "global") return std::string(kHost);
  return std::string(region) + "-" + std::string(kHost);
}

}  // namespace junctor::engine
