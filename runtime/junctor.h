// junctor's runtime for programs of your own: one header, no sockets, no files, no threads, no
// compiler.
//
// A route is compiled by `junctor compile route.json -o route.jrp` to a program file. Your program
// loads its bytes, and for each request runs an Execution: a machine that stops whenever it needs
// the world, says what it needs as a Step, and goes on with your answer. So it fits any event loop,
// and a test can be the world.
//
//   auto program = junctor::DecodeProgram(bytes);               // StatusOr; verified: hostile
//   bytes are refused here if (!program.ok()) return Fail(program.status());
//
//   std::string body = …;                                       // the request's body
//   const size_t size = body.size();
//   body.append(junctor::kBodyPadding, ' ');                    // the scanner reads in blocks
//   junctor::BodyScanner scanner;                               // one per thread: it keeps its
//   buffers junctor::BodyIndex index; if (auto status = scanner.Scan({body.data(), size}, &index);
//   !status.ok()) return BadRequest(status);
//
//   junctor::Request request;                                   // views: all that it names must
//   outlive the execution request.body = &index; request.body_bytes = size; request.unix_seconds =
//   time(nullptr);
//
//   junctor::Execution execution(*program, &request);
//   junctor::Step step = execution.Start();
//   while (true) {
//     if (auto* draw = std::get_if<junctor::DrawStep>(&step)) {
//       step = execution.ResumeDraw(random());                  // 64 uniform bits
//     } else if (auto* limit = std::get_if<junctor::LimitStep>(&step)) {
//       step = execution.ResumeLimit(AskLimit(*limit));         // see WindowState; limit->key
//       names the bucket
//     } else if (auto* call = std::get_if<junctor::CallStep>(&step)) {
//       step = execution.ResumeCall(CallModel(*call));          // wait call->delay_ms, then one
//       attempt
//     } else {
//       return Answer(std::get<junctor::FinishStep>(step));     // which response, or which failure
//     }
//   }
//
// Nothing forces the loop: keep the Execution, return to your event loop, resume it when the answer
// is there. It can be moved between steps, also to another thread. Retries, backoff, fallbacks and
// what is answered at the end are decided inside; you make the attempts and keep the responses,
// each under its call's ordinal.
//
// What is where:
//   program_file.h  DecodeProgram: bytes → Program. Immutable, thread-safe, shared.
//   request.h       Request, BodyScanner (the body), Metadata (the cf-aig-metadata header): what
//   routes may read. execution.h     Execution, Step (step.h), TraceSink (trace.h: why it went
//   where it went). window.h        WindowState: rate limits as arithmetic. You keep one per
//   LimitStep (limit's element and key) and tell it the time. registry.h      Registry: programs by
//   name, swapped while requests run; RegistryReader: a thread's view of it. disassembler.h
//   Disassemble: a program as text.
//
// Errors: what comes from outside (program bytes, bodies, metadata) is answered with absl::Status,
// which says what was wrong and where. A verified program does not fail at run time: a field that
// can't be read is missing. FinishStep::kMisuse means that a Resume did not answer the step before
// it. Nothing throws but std::bad_alloc.
//
// Threads: Program and RouteTable are immutable; Registry is thread-safe; all else belongs to one
// thread at a time.
//
// Linking: find_package(junctor REQUIRED) and target_link_libraries(… junctor::runtime).
// examples/embed/ is a whole program.
#pragma once

#include "runtime/interp/execution.h"      // IWYU pragma: export
#include "runtime/interp/step.h"           // IWYU pragma: export
#include "runtime/interp/trace.h"          // IWYU pragma: export
#include "runtime/limits/window.h"         // IWYU pragma: export
#include "runtime/program/disassembler.h"  // IWYU pragma: export
#include "runtime/program/program.h"       // IWYU pragma: export
#include "runtime/program/program_file.h"  // IWYU pragma: export
#include "runtime/registry/registry.h"     // IWYU pragma: export
#include "runtime/request/body_index.h"    // IWYU pragma: export
#include "runtime/request/metadata.h"      // IWYU pragma: export
#include "runtime/request/request.h"       // IWYU pragma: export
