// Names that become part of Vertex AI's hosts and paths.
#pragma once

#include <string>
#include <string_view>

namespace junctor::engine {

// "us-central1", "europe-west4", "global": what may become part of a host name.
bool IsVertexRegion(std::string_view region);

// "my-project-1", "example.com:my-project".
bool IsVertexProject(std::string_view project);

// The host that serves `region`: "us-central1-aiplatform.googleapis.com"; of "global",
// "aiplatform.googleapis.com". IsVertexRegion holds of `region`.
std::string VertexHost(std::string_view region);

}  // namespace junctor::engine
