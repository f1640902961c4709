#include "engine/prices/output_limit.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

struct FamilyLimit {
  std::string_view prefix;  // of the model's own name
  uint64_t tokens;
};

// From the model pages of OpenAI, Anthropic, Google, DeepSeek and Cohere. The first row that fits
// counts, so that exceptions stand before their family.
constexpr std::array kFamilies = {
    FamilyLimit{"gpt-5-chat", 16'384},
    FamilyLimit{"gpt-5", 128'000},
    FamilyLimit{"gpt-4o:extended", 64'000},
    FamilyLimit{"gpt-4o", 16'384},
    FamilyLimit{"chatgpt-4o", 16'384},
    FamilyLimit{"gpt-4.1", 32'768},
    FamilyLimit{"gpt-4.5", 16'384},
    FamilyLimit{"gpt-4-32k", 32'768},
    FamilyLimit{"gpt-4-turbo", 4'096},
    FamilyLimit{"gpt-4-vision", 4'096},
    FamilyLimit{"gpt-4-", 8'192},
    FamilyLimit{"gpt-3.5-turbo-16k", 16'385},
    FamilyLimit{"gpt-3.5-turbo", 4'096},
    FamilyLimit{"o1-mini", 65'536},
    FamilyLimit{"o1-preview", 32'768},
    FamilyLimit{"o1", 100'000},
    FamilyLimit{"o3", 100'000},
    FamilyLimit{"o4-mini", 100'000},
    FamilyLimit{"claude-2", 4'096},
    FamilyLimit{"claude-instant", 4'096},
    FamilyLimit{"claude-3-5-", 8'192},
    FamilyLimit{"claude-3.5-", 8'192},
    FamilyLimit{"claude-3-7-", 128'000},
    FamilyLimit{"claude-3.7-", 128'000},
    FamilyLimit{"claude-3-", 4'096},
    FamilyLimit{"claude-opus-4-0", 32'000},
    FamilyLimit{"claude-opus-4-1", 32'000},
    FamilyLimit{"claude-opus-4-2025", 32'000},
    FamilyLimit{"claude-opus-4-5", 64'000},
    FamilyLimit{"claude-sonnet-4-0", 64'000},
    FamilyLimit{"claude-sonnet-4-2025", 64'000},
    FamilyLimit{"claude-sonnet-4-5", 64'000},
    FamilyLimit{"claude-haiku-4-5", 64'000},
    FamilyLimit{"gemini-1.", 8'192},
    FamilyLimit{"gemini-2.0-flash", 8'192},
    FamilyLimit{"gemini-2.5", 65'536},
    FamilyLimit{"gemini-3", 65'536},
    FamilyLimit{"deepseek-chat", 8'192},
    FamilyLimit{"deepseek-reasoner", 65'536},
    FamilyLimit{"command-r", 4'096},
};

// What stands before a model's own name: `openai/`, `us.anthropic.`, `@cf/`.
bool EndsAnOwner(char c) { return c == '/' || c == '.'; }

}  // namespace

std::optional<uint64_t> KnownOutputLimit(std::string_view model) {
  for (const FamilyLimit& family : kFamilies) {
    for (size_t at = model.find(family.prefix); at != model.npos;
         at = model.find(family.prefix, at + 1)) {
      if (at == 0 || EndsAnOwner(model[at - 1])) return family.tokens;
    }
  }
  return std::nullopt;
}

}  // namespace junctor::engine
