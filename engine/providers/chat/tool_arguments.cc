#include "engine/providers/chat/tool_arguments.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <string>

#include "absl/status/status.h"

namespace junctor::engine {

absl::StatusOr<std::string_view> ToolArgumentsObject(std::string_view arguments, size_t message,
                                                     size_t call) {
  const size_t first = arguments.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::string_view("{}");
  const auto refuse = [&](const std::string& what) {
    return absl::InvalidArgumentError("`messages[" + std::to_string(message) + "].tool_calls[" +
                                      std::to_string(call) + "].function.arguments` is " + what +
                                      ": expected the text of a JSON object");
  };
  if (arguments[first] != '{') return refuse("no JSON object");
  // Checked, not kept: numbers stay as they were written, however large.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream stream(arguments.data(), arguments.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> handler;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.IsError()) {
    return refuse("not JSON at byte " + std::to_string(result.Offset()) + " (" +
                  rapidjson::GetParseError_En(result.Code()) + ")");
  }
  return arguments.substr(first);
}

}  // namespace junctor::engine
