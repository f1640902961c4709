// The outputs of one element, by name.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/sema/context.h"

namespace junctor::compiler {

// Reads the outputs of one element whose outputs have fixed names. Construction reports names that
// are none of them.
class Outputs {
 public:
  Outputs(uint32_t index, SemaContext* context);

  // Where the output leads; kNoNode where it is absent (reported) or damaged.
  NodeId Required(std::string_view name);
  // Likewise; absence is no fault.
  NodeId Optional(std::string_view name) const;
  // Whether the output stands there, damaged or not.
  bool Has(std::string_view name) const;
  // Whether it neither stands there nor may be meant by what is damaged or misspelt.
  bool SurelyLacks(std::string_view name) const;

 private:
  const ElementSyntax& element_;
  const std::vector<NodeId>& targets_;
  const std::vector<std::string_view>& names_;
  SemaContext* context_;
  bool has_unknown_ = false;  // one of them is likely a misspelt required one
};

// Warns where all of `targets` (two or more, none damaged) are the same element (advice).
void WarnOfSameTargets(uint32_t index, const std::vector<NodeId>& targets, SemaContext* context);

}  // namespace junctor::compiler
