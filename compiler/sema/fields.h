// Fields of a request: whether they are any, and what values they can have (R18).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/sema/context.h"

namespace junctor::compiler {

// The field `text`, or null where it is none (reported at `span`, with the pointer of `value`).
// Known to the context from then on.
const KnownField* CheckField(std::string_view text, Span span, const JsonValue& value,
                             SemaContext* context);

// The field that `value` names, in canonical form, or "" where it names none (reported). `what` is
// e.g. "`key` of …".
std::string ReadKeyField(const JsonValue& value, const std::string& what, SemaContext* context);

// Types that a field can have, as a mask of TypeBit (kTypeMaskAll where the request decides). Being
// missing is no type.
uint32_t TypesOf(const KnownField& field);

// "a string", "true or false", "a number" …: what a field with these types is, for messages.
std::string DescribeTypes(const KnownField& field);

// The least and the largest value of a numeric fact; false where it has no such bounds.
bool RangeOf(const KnownField& field, int64_t* least, int64_t* most);

}  // namespace junctor::compiler
