#include "runtime/program/switch_table.h"

#include <utility>

namespace junctor {
namespace {

ScalarIndex IndexOf(const SwitchSpec& spec, const std::vector<Value>& constants) {
  std::vector<Value> values;
  values.reserve(spec.cases.size());
  for (const SwitchSpec::Case& one : spec.cases) values.push_back(constants[one.constant]);
  return ScalarIndex(std::move(values));
}

}  // namespace

SwitchTable::SwitchTable(const SwitchSpec& spec, const std::vector<Value>& constants)
    : index_(IndexOf(spec, constants)) {}

}  // namespace junctor
