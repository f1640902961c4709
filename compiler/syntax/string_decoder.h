// The characters that a JSON string stands for.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "compiler/diag/sink.h"
#include "compiler/source/span.h"

namespace junctor::compiler {

// Decodes the escapes of strings into an arena.
class StringDecoder {
 public:
  // All must outlive the decoder, and `arena` its results.
  StringDecoder(std::string_view text, std::pmr::memory_resource* arena, DiagnosticSink* sink)
      : text_(text), arena_(arena), sink_(sink) {}

  // Whether the bytes `inner` of the text stand for themselves: no escape, nothing to report.
  bool IsPlain(Span inner) const;

  // The string whose bytes between the quotes are `inner`. Unknown escapes, lone surrogates and raw
  // control characters are reported, with `pointer` as their place in the document, and read as
  // well as can be. The result is valid UTF-8.
  std::string_view Decode(Span inner, const std::string& pointer);

  // Whether some part of the text is not UTF-8, so that strings must be looked at byte by byte.
  void set_has_invalid_utf8() { has_invalid_utf8_ = true; }

 private:
  void DecodeEscape(size_t* i, Span inner, const std::string& pointer, std::string* out);
  void DecodeUnicodeEscape(size_t* i, Span inner, const std::string& pointer, std::string* out);
  void Report(DiagCode code, size_t begin, size_t end, std::string message, std::string help,
              const std::string& pointer);
  std::string_view Keep(std::string_view decoded);

  std::string_view text_;
  std::pmr::memory_resource* arena_;
  DiagnosticSink* sink_;
  bool has_invalid_utf8_ = false;
};

}  // namespace junctor::compiler
