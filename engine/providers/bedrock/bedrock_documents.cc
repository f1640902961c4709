#include "engine/providers/bedrock/bedrock_documents.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

// Longest name of a document.
constexpr size_t kMaxNameBytes = 200;

struct Format {
  std::string_view mime_type;
  std::string_view name;
};

constexpr auto kImageFormats = std::to_array<Format>({{"image/png", "png"},
                                                      {"image/jpeg", "jpeg"},
                                                      {"image/jpg", "jpeg"},
                                                      {"image/gif", "gif"},
                                                      {"image/webp", "webp"}});

constexpr auto kDocumentFormats = std::to_array<Format>(
    {{"application/pdf", "pdf"},
     {"text/csv", "csv"},
     {"application/msword", "doc"},
     {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
     {"application/vnd.ms-excel", "xls"},
     {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
     {"text/html", "html"},
     {"text/plain", "txt"},
     {"text/markdown", "md"}});

// The format for a media type, or else for the ending of a name; empty: none.
template <typename Formats>
std::string_view FormatOf(const Formats& formats, std::string_view mime_type,
                          std::string_view name) {
  const std::string mime =
      absl::AsciiStrToLower(absl::string_view(mime_type.data(), mime_type.size()));
  for (const Format& format : formats) {
    if (format.mime_type == mime) return format.name;
  }
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string ending =
      absl::AsciiStrToLower(absl::string_view(name.data() + dot + 1, name.size() - dot - 1));
  if (ending == "jpg") ending = "jpeg";
  for (const Format& format : formats) {
    if (format.name == ending) return format.name;
  }
  return {};
}

bool IsS3(std::string_view url) { return url.starts_with("s3://"); }

void WriteSource(const ContentPart& part, JsonWriter* writer) {
  writer->Key("source").BeginObject();
  if (IsS3(part.url)) {
    writer->Key("s3Location").BeginObject().Key("uri").String(part.url).EndObject();
  } else {
    writer->Key("bytes").Base64(part.base64);
  }
  writer->EndObject();
}

}  // namespace

absl::Status WriteBedrockImage(const ContentPart& part, const std::string& place,
                               JsonWriter* writer) {
  if (part.base64.empty() && !IsS3(part.url)) {
    return absl::InvalidArgumentError(
        place +
        " is an image by URL: Bedrock fetches none; send it as a data URL, or put it into "
        "S3 and give its `s3://` URL");
  }
  const std::string_view format = FormatOf(kImageFormats, part.mime_type, part.url.substr(0, 1024));
  if (format.empty()) {
    return absl::InvalidArgumentError(place + " is an image of type `" +
                                      std::string(part.mime_type) +
                                      "`: Bedrock takes png, jpeg, gif and webp");
  }
  writer->BeginObject().Key("image").BeginObject().Key("format").String(format);
  WriteSource(part, writer);
  writer->EndObject().EndObject();
  return absl::OkStatus();
}

absl::Status WriteBedrockDocument(const ContentPart& part, const std::string& place,
                                  std::set<std::string>* names, JsonWriter* writer) {
  if (part.base64.empty() && !IsS3(part.url)) {
    return absl::InvalidArgumentError(
        place +
        " is a file without its data: Bedrock takes `file_data` as a data URL, or an "
        "`s3://` URL there");
  }
  const std::string_view file = part.filename.empty() && IsS3(part.url) ? part.url : part.filename;
  const std::string_view format = FormatOf(kDocumentFormats, part.mime_type, file);
  if (format.empty()) {
    return absl::InvalidArgumentError(
        place + " is a file of type `" + std::string(part.mime_type) + "` named `" +
        std::string(part.filename) +
        "`: Bedrock takes pdf, csv, doc, docx, xls, xlsx, html, txt and md");
  }
  const std::string base = BedrockDocumentName(file.substr(file.rfind('/') + 1));
  std::string name = base;
  for (int next = 2; !names->insert(name).second; ++next) name = base + " " + std::to_string(next);
  writer->BeginObject().Key("document").BeginObject();
  writer->Key("format").String(format).Key("name").String(name);
  WriteSource(part, writer);
  writer->EndObject().EndObject();
  return absl::OkStatus();
}

std::string BedrockDocumentName(std::string_view filename) {
  constexpr std::string_view kAllowed = "-()[]";
  const size_t dot = filename.rfind('.');
  if (dot != std::string_view::npos && dot > 0) filename = filename.substr(0, dot);
  std::string name;
  for (const char c : filename) {
    if (name.size() == kMaxNameBytes) break;
    const bool fits = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      kAllowed.find(c) != std::string_view::npos;
    if (fits) {
      name.push_back(c);
    } else if (!name.empty() && name.back() != ' ') {
      name.push_back(' ');
    }
  }
  while (!name.empty() && name.back() == ' ') name.pop_back();
  return name.empty() ? "document" : name;
}

}  // namespace junctor::engine
