#include "engine/providers/google/openapi_schema.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Keys that are the same in the subset; their values are copied.
constexpr std::array<std::string_view, 17> kCopiedKeys = {
    "format",   "title",    "description",   "nullable",      "default",         "required",
    "minItems", "maxItems", "minLength",     "maxLength",     "pattern",         "minimum",
    "maximum",  "example",  "minProperties", "maxProperties", "propertyOrdering"};

std::string_view StringOf(const element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// Writes one schema.
class SchemaWriter {
 public:
  SchemaWriter(const element& root, std::string* out) : root_(root), out_(out), writer_(out) {}

  absl::Status Write(const element& schema, int depth) {
    if (depth > kMaxSchemaDepth) {
      return absl::InvalidArgumentError(
          "the schema is nested more than " + std::to_string(kMaxSchemaDepth) +
          " deep, its references followed: this model takes none that contains itself");
    }
    if (out_->size() > kMaxSchemaBytes) {
      return absl::InvalidArgumentError("the schema has more than " +
                                        std::to_string(kMaxSchemaBytes) +
                                        " bytes with its references put in");
    }
    object members;
    if (schema.get(members) != simdjson::SUCCESS) {
      writer_.BeginObject().EndObject();  // `true`: anything
      return absl::OkStatus();
    }
    if (element reference; members.at_key("$ref").get(reference) == simdjson::SUCCESS)
      return WriteReference(StringOf(reference), depth);
    if (array all; members.at_key("allOf").get(all) == simdjson::SUCCESS && all.size() == 1 &&
                   members.at_key("properties").error() != simdjson::SUCCESS) {
      return Write(all.at(0).value_unsafe(), depth + 1);
    }
    writer_.BeginObject();
    for (const auto& [key, value] : members) {
      if (absl::Status status = WriteMember(key, value, depth); !status.ok()) return status;
    }
    writer_.EndObject();
    return absl::OkStatus();
  }

 private:
  absl::Status WriteReference(std::string_view reference, int depth) {
    element target;
    // A JSON pointer into this document; the whole of it is "#".
    if (reference.starts_with("#/") &&
        root_.at_pointer(reference.substr(1)).get(target) == simdjson::SUCCESS) {
      return Write(target, depth + 1);
    }
    if (reference == "#") return Write(root_, depth + 1);
    return absl::InvalidArgumentError("the schema's $ref \"" + std::string(reference) +
                                      "\" leads nowhere in the schema");
  }

  absl::Status WriteMember(std::string_view key, const element& value, int depth) {
    if (key == "type") {
      WriteType(value);
    } else if (key == "enum") {
      WriteEnum(value);
    } else if (key == "const") {
      if (value.is_string()) writer_.Key("enum").BeginArray().String(StringOf(value)).EndArray();
    } else if (key == "properties") {
      return WriteProperties(value, depth);
    } else if (key == "items") {
      writer_.Key(key);
      return Write(value, depth + 1);
    } else if (key == "anyOf" || key == "oneOf") {
      return WriteAlternatives(value, depth);
    } else if (std::find(kCopiedKeys.begin(), kCopiedKeys.end(), key) != kCopiedKeys.end()) {
      writer_.Key(key).Raw(simdjson::minify(value));
    }
    return absl::OkStatus();
  }

  // ["string","null"] is one type that may be null.
  void WriteType(const element& value) {
    array types;
    if (value.get(types) != simdjson::SUCCESS) {
      if (value.is_string()) writer_.Key("type").String(StringOf(value));
      return;
    }
    bool nullable = false;
    std::string_view first;
    for (const element type : types) {
      if (StringOf(type) == "null") {
        nullable = true;
      } else if (first.empty()) {
        first = StringOf(type);
      }
    }
    if (!first.empty()) writer_.Key("type").String(first);
    if (nullable) writer_.Key("nullable").Bool(true);
  }

  // The subset has strings only.
  void WriteEnum(const element& value) {
    array values;
    if (value.get(values) != simdjson::SUCCESS) return;
    for (const element item : values) {
      if (!item.is_string()) return;
    }
    writer_.Key("enum").Raw(simdjson::minify(value));
  }

  absl::Status WriteProperties(const element& value, int depth) {
    object properties;
    if (value.get(properties) != simdjson::SUCCESS) return absl::OkStatus();
    writer_.Key("properties").BeginObject();
    for (const auto& [name, schema] : properties) {
      writer_.Key(name);
      if (absl::Status status = Write(schema, depth + 1); !status.ok()) return status;
    }
    writer_.EndObject();
    return absl::OkStatus();
  }

  absl::Status WriteAlternatives(const element& value, int depth) {
    array alternatives;
    if (value.get(alternatives) != simdjson::SUCCESS) return absl::OkStatus();
    writer_.Key("anyOf").BeginArray();
    for (const element alternative : alternatives) {
      if (absl::Status status = Write(alternative, depth + 1); !status.ok()) return status;
    }
    writer_.EndArray();
    return absl::OkStatus();
  }

  const element& root_;
  std::string* out_;
  JsonWriter writer_;
};

}  // namespace

absl::StatusOr<std::string> OpenApiSchema(const simdjson::dom::element& schema) {
  std::string out;
  SchemaWriter writer(schema, &out);
  if (absl::Status status = writer.Write(schema, 0); !status.ok()) return status;
  return out;
}

}  // namespace junctor::engine
