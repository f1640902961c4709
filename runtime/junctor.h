// junctor's runtime for programs of your own: one header, no sockets, no files, no threads, no
// compiler.
//
// `junctor compile` turns a route into a program file. Your program loads its bytes, and for each
// request runs an Execution: a machine that stops whenever it needs the world, says what it needs
// as a Step, and goes on with your answer. So it fits any event loop, and a test can be the world.
//
//   // Once: bytes from a file become a verified program, or a status that says what is wrong.
//   absl::StatusOr<std::shared_ptr<const junctor::Program>> program =
//       junctor::DecodeProgram(bytes);
//
//   // Once per thread: it keeps its buffers.
//   junctor::BodyScanner scanner;
//
//   // Per request. The scanner reads in blocks, so the body needs padding behind its end.
//   const size_t size = body.size();
//   body.append(junctor::kBodyPadding, ' ');
//   junctor::BodyIndex index;
//   absl::Status scanned = scanner.Scan({body.data(), size}, &index);
//   if (!scanned.ok()) return BadRequest(scanned);
//
//   // A request is views: all that it names must outlive the execution.
//   junctor::Request request;
//   request.body = &index;
//   request.body_bytes = size;
//   request.unix_seconds = time(nullptr);
//
//   junctor::Execution execution(*program, &request);
//   junctor::Step step = execution.Start();
//   while (true) {
//     if (auto* draw = std::get_if<junctor::DrawStep>(&step)) {
//       // 64 uniform bits.
//       step = execution.ResumeDraw(random());
//     } else if (auto* limit = std::get_if<junctor::LimitStep>(&step)) {
//       // limit->key names the bucket; WindowState counts it.
//       step = execution.ResumeLimit(AskLimit(*limit));
//     } else if (auto* call = std::get_if<junctor::CallStep>(&step)) {
//       // Wait call->delay_ms, then make one attempt.
//       step = execution.ResumeCall(CallModel(*call));
//     } else {
//       // Which response to give, or which failure.
//       return Answer(std::get<junctor::FinishStep>(step));
//     }
//   }
//
// Nothing forces the loop: keep the Execution, return to your event loop, resume it when the answer
// is there. It can be moved between steps, also to another thread. Retries, backoff, fallbacks and
// what is answered at the end are decided inside; you make the attempts and keep the responses,
// each under its call's ordinal.
//
// What is where:
//   program_file.h  DecodeProgram: bytes to a Program, which is immutable and shared.
//   request.h       Request, and what it is made of: BodyScanner and BodyIndex, Metadata.
//   execution.h     Execution; step.h: what it asks and ends with; trace.h: why it went there.
//   window.h        WindowState: rate limits as arithmetic, one per limit and key; you keep them.
//   registry.h      Registry: programs by name, swapped while requests run; RegistryReader.
//   disassembler.h  Disassemble: a program as text.
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
