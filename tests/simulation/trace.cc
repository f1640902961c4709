#include "tests/simulation/trace.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace junctor::simulation {
namespace {

struct Form {
  const char* name;
  std::array<const char*, 4> fields;  // null: not used
};

// By What.
constexpr std::array kForms = {
    Form{"arrive", {"request", "gateway", "caller", nullptr}},
    Form{"version", {"request", "route", "revision", nullptr}},
    Form{"ask", {"store", "window", "admitted", "estimate"}},
    Form{"batch", {"request", "questions", nullptr, nullptr}},
    Form{"batch answered", {"request", "verdicts", nullptr, nullptr}},
    Form{"call", {"request", "model", "ordinal", "attempt"}},
    Form{"failed", {"request", "class", "usage told", nullptr}},
    Form{"first token", {"request", "model", nullptr, nullptr}},
    Form{"stream broke", {"request", "model", nullptr, nullptr}},
    Form{"hedge", {"request", "model", nullptr, nullptr}},
    Form{"charge", {"store", "window", "nano-dollars", nullptr}},
    Form{"settle", {"store", "window", nullptr, nullptr}},
    Form{"answer", {"request", "kind", nullptr, nullptr}},
    Form{"caller left", {"request", nullptr, nullptr, nullptr}},
    Form{"deploy", {"gateway", "route", "revision", nullptr}},
    Form{"crash", {"gateway", "requests lost", nullptr, nullptr}},
    Form{"restart", {"gateway", "windows restored", nullptr, nullptr}},
    Form{"commit", {"store", "windows", nullptr, nullptr}},
    Form{"store away", {nullptr, nullptr, nullptr, nullptr}},
    Form{"store back", {nullptr, nullptr, nullptr, nullptr}},
    Form{"store restarted", {"windows restored", nullptr, nullptr, nullptr}},
    Form{"store clock set", {"ns ahead", nullptr, nullptr, nullptr}},
    Form{"too late", {"process", nullptr, nullptr, nullptr}},
    Form{"local", {"process", nullptr, nullptr, nullptr}},
    Form{"merge", {"process", "number", nullptr, nullptr}},
    Form{"reset key", {"store", "window", nullptr, nullptr}},
    Form{"grant key", {"store", "window", "amount", nullptr}},
};
static_assert(kForms.size() == static_cast<size_t>(What::kGrant) + 1);

}  // namespace

std::string Trace::TimeText() const {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%.6f s",
                                 static_cast<double>(clock_->now() - begin_) / 1e9);
  return std::string(text.data(), static_cast<size_t>(size));
}

void Trace::Print(What what, uint64_t a, uint64_t b, uint64_t c, uint64_t d) const {
  const Form& form = kForms[static_cast<size_t>(what)];
  std::string line = TimeText() + "  " + form.name;
  const std::array values = {a, b, c, d};
  for (size_t i = 0; i < values.size(); ++i) {
    if (form.fields[i] == nullptr) continue;
    line += std::string("  ") + form.fields[i] + " " + std::to_string(values[i]);
  }
  std::puts(line.c_str());
}

void Trace::Say(std::string_view text) const {
  if (!prints_) return;
  std::puts((TimeText() + "  # " + std::string(text)).c_str());
}

}  // namespace junctor::simulation
