// Random requests over the vocabulary of the condition generator.
#pragma once

#include "tests/differential/generator.h"
#include "tests/oracle/request_document.h"

namespace junctor::differential {

// A request whose body, headers and metadata may each be there, missing, or of unexpected shape.
oracle::RequestText RandomRequest(Random* random);

// A request for error reports.
std::string RequestToText(const oracle::RequestText& request);

}  // namespace junctor::differential
