// What a provider's wire format has to know beyond an address and a key.
#pragma once

#include <cstdint>
#include <string>

namespace junctor::engine {

// Settings of one provider; each format reads what concerns it.
struct FormatSettings {
  std::string region;                  // AWS, Vertex: "us-east-1", "us-central1", "global"
  std::string project;                 // Vertex
  std::string account;                 // Workers AI
  std::string resource;                // Azure OpenAI
  std::string api_version;             // Azure, Anthropic; empty: the format's own
  uint64_t default_max_tokens = 4096;  // where the provider needs one and the caller gave none
};

}  // namespace junctor::engine
