// The text form, after rustc's: see render.h.
#include <algorithm>
#include <string>

#include "compiler/diag/catalog.h"
#include "compiler/diag/render.h"
#include "compiler/source/excerpt.h"

namespace junctor::compiler {
namespace {

// Escape sequences, or nothing where colours are off.
struct Palette {
  explicit Palette(const TextStyle& style, Severity severity) {
    if (!style.colour) return;
    headline = severity == Severity::kError ? "\x1b[1;31m" : "\x1b[1;33m";
    frame = "\x1b[1;34m";
    bold = "\x1b[1m";
    reset = "\x1b[0m";
  }
  std::string_view headline, frame, bold, reset;
};

// Longest pointer that is shown whole; JSON always has all of it.
constexpr size_t kMaxPointerWidth = 120;

// `pointer` without steps of its middle where it is long.
std::string Shortened(std::string_view pointer) {
  if (pointer.size() <= kMaxPointerWidth) return std::string(pointer);
  const size_t begin_end = pointer.rfind('/', kMaxPointerWidth / 2);
  const size_t tail = pointer.find('/', pointer.size() - kMaxPointerWidth / 4);
  if (begin_end == 0 || tail == std::string_view::npos) return std::string(pointer);
  return std::string(pointer.substr(0, begin_end)) + "/…" + std::string(pointer.substr(tail));
}

class Writer {
 public:
  Writer(const Diagnostic& diagnostic, const Source& source, const TextStyle& style)
      : diagnostic_(diagnostic), source_(source), colours_(style, diagnostic.severity) {
    uint32_t last = diagnostic.line;
    for (const RelatedPlace& place : diagnostic.related) last = std::max(last, place.line);
    gutter_ = std::to_string(last).size();
  }

  std::string Write() {
    Put({colours_.headline, SeverityName(diagnostic_.severity), "[", DiagCodeName(diagnostic_.code),
         "]", colours_.reset, colours_.bold, ": ", diagnostic_.message, colours_.reset, "\n"});
    Place(diagnostic_.line, diagnostic_.column, diagnostic_.pointer);
    Show(diagnostic_.span, diagnostic_.label, '^', colours_.headline);
    for (const RelatedPlace& place : diagnostic_.related) {
      EmptyLine();
      Place(place.line, place.column, "");
      Show(place.span, place.label, '-', colours_.frame);
    }
    if (!diagnostic_.help.empty()) {
      Put({Spaces(gutter_ + 1), colours_.frame, "= ", colours_.reset, colours_.bold, "help",
           colours_.reset, ": ", diagnostic_.help, "\n"});
    }
    return std::move(out_);
  }

 private:
  static std::string Spaces(size_t count) { return std::string(count, ' '); }

  void Put(std::initializer_list<std::string_view> pieces) {
    for (std::string_view piece : pieces) out_ += piece;
  }

  void EmptyLine() { Put({Spaces(gutter_ + 1), colours_.frame, "|", colours_.reset, "\n"}); }

  void Place(uint32_t line, uint32_t column, std::string_view pointer) {
    Put({Spaces(gutter_), colours_.frame, "-->", colours_.reset, " ", source_.name(), ":",
         std::to_string(line), ":", std::to_string(column)});
    if (!pointer.empty()) Put({"  (", Shortened(pointer), ")"});
    out_ += '\n';
  }

  void Show(Span span, std::string_view label, char mark, std::string_view colour) {
    const Excerpt excerpt = ExcerptOf(source_, span);
    const std::string number = std::to_string(excerpt.line);
    EmptyLine();
    Put({Spaces(gutter_ - std::min(gutter_, number.size())), colours_.frame, number, " |",
         colours_.reset});
    if (!excerpt.text.empty()) Put({" ", excerpt.text});
    out_ += '\n';
    Put({Spaces(gutter_ + 1), colours_.frame, "|", colours_.reset, " ",
         Spaces(excerpt.underline_at), colour, std::string(excerpt.underline_width, mark)});
    if (!label.empty()) Put({" ", label});
    Put({colours_.reset, "\n"});
  }

  const Diagnostic& diagnostic_;
  const Source& source_;
  Palette colours_;
  size_t gutter_ = 1;
  std::string out_;
};

}  // namespace

std::string RenderText(const Diagnostic& diagnostic, const Source& source, const TextStyle& style) {
  return Writer(diagnostic, source, style).Write();
}

std::string RenderText(const std::vector<Diagnostic>& diagnostics, const Source& source,
                       const TextStyle& style) {
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!result.empty()) result += '\n';
    result += RenderText(diagnostic, source, style);
  }
  return result;
}

}  // namespace junctor::compiler
