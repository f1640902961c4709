// Bytes as a request's body and as its metadata header: refused, or read without touching what lies
// around them.
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/request/body_index.h"
#include "runtime/request/metadata.h"
#include "runtime/request/slots.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using junctor::BodyIndex;
using junctor::kBodyPadding;

// A program that reads a field of every kind.
const junctor::Program& Reader() {
  static const auto* const program = [] {
    junctor::ProgramParts parts;
    parts.route_name = "reader";
    parts.fields = {"body.model", "body.messages.0.role", "body.messages.content.text",
                    "body.a.b.c", "metadata.a"};
    for (const std::string& fact : junctor::RequestFactNames()) {
      parts.fields.push_back("request." + fact);
    }
    parts.code = {{junctor::Opcode::kEnd, 0, 0, 0, 0, 0}};
    parts.debug = {junctor::kNoElement};
    auto created = junctor::Program::Create(std::move(parts));
    JUNCTOR_FUZZ_CHECK(created.ok());
    return new std::shared_ptr<const junctor::Program>(*std::move(created));
  }();
  return **program;
}

void ScanBody(std::string_view text, junctor::Request* request) {
  // On the heap with no more than the padding, so that a sanitizer sees each byte read beyond it.
  const auto room = std::make_unique<char[]>(text.size() + kBodyPadding);
  if (!text.empty()) std::memcpy(room.get(), text.data(), text.size());
  const std::string_view body(room.get(), text.size());
  junctor::BodyScanner scanner;
  BodyIndex index;
  if (scanner.Scan(body, &index).ok()) {
    for (const BodyIndex::Entry& entry : index.entries()) {
      JUNCTOR_FUZZ_CHECK(entry.value.data() >= body.data());
      JUNCTOR_FUZZ_CHECK(entry.value.data() + entry.value.size() <= body.data() + body.size());
      JUNCTOR_FUZZ_CHECK(index.Find(entry.key).data() >= entry.value.data());
    }
    request->body = &index;
  }
  request->body_bytes = body.size();
  junctor::SlotFrame slots(&Reader(), request);
  for (size_t i = 0; i < Reader().fields().size(); ++i) slots.Get(static_cast<uint16_t>(i));
  request->body = nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  junctor::Request request;
  const auto metadata = junctor::Metadata::Parse(text);
  if (metadata.ok()) {
    JUNCTOR_FUZZ_CHECK(metadata->entries().size() <= junctor::kDefaultMetadataEntries);
    for (const junctor::Member& entry : metadata->entries()) {
      JUNCTOR_FUZZ_CHECK(!entry.value.is_compound());
    }
    request.metadata = &*metadata;
  }
  ScanBody(text, &request);
  return 0;
}
