// Section `bodies`: what request bodies of growing size cost, most of each an image in a data URL.
//
// Two questions, two ways to ask. How does the cost grow? CPU time of the process, loaded by wrk: "ns a further byte" is the difference to the
// size before by the difference in bytes. It must not rise in the user time, which is the gateway's own work; HAProxy tells what the kernel
// makes of larger pieces. How often is a byte copied? A second, untimed run with copy_counter.c preloaded adds up what memcpy, memmove and
// realloc copy in the whole process: "copies" is that by the body's bytes (at 1 KB mostly heads and answers). What copies byte by byte, without
// memcpy, shows in the user time: "user / memcpy" is the user time of a further byte, scanning included, in memcpy times of one byte. The
// kernel's two copies (in from the caller, out to the provider) are system time, and HAProxy has them too.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BenchError, HERE } from '../lib/bench.mjs';
import { ANTHROPIC_MODEL, ANTHROPIC_PATH, HEADERS, OPENAI_MODEL, OPENAI_PATH, imageBody, isWholeAnswer } from '../lib/chat_messages.mjs';
import { median, printGoal, printTable } from '../lib/figures.mjs';
import { loadTitle, measure, post } from '../lib/load.mjs';
import { startHaproxy, startJunctor, startUpstream } from '../lib/programs.mjs';

const SIZES = [1, 16, 128, 1024].map((kib) => kib * 1024);
const CONNECTIONS = 8;  // some megabytes in flight are enough to keep one core busy
const PREFIX = '/read';  // where the upstream reads a body before it answers
const COPY_REQUESTS = 20;
const COPIES_GOAL = 2;
const GROWTH_GOAL = 1.2;  // linear, and the noise of the figures

const WAYS = [
  { name: 'HAProxy', gateway: 'haproxy', path: `${PREFIX}${OPENAI_PATH}`, model: 'any', answerModel: OPENAI_MODEL },
  { name: 'HAProxy, Anthropic', gateway: 'haproxy', path: `${PREFIX}${ANTHROPIC_PATH}`, model: 'any', answerModel: ANTHROPIC_MODEL },
  { name: 'junctor, passed through', gateway: 'junctor', path: OPENAI_PATH, model: 'dynamic/bench', answerModel: OPENAI_MODEL },
  { name: 'junctor, translated', gateway: 'junctor', path: OPENAI_PATH, model: 'dynamic/bench-anthropic', answerModel: ANTHROPIC_MODEL },
];

const targetFor = (way, program, bytes) => ({
  name: `${way.name}, ${bytes}`, program, path: way.path, headers: HEADERS, body: imageBody(way.model, bytes), answerModel: way.answerModel,
  connections: CONNECTIONS,
});

/** ns that memcpy takes for a byte, between buffers of 1 MiB. */
function memcpyNsPerByte() {
  const from = Buffer.alloc(1 << 20, 1);
  const to = Buffer.alloc(1 << 20);
  const times = [];
  for (let round = 0; round < 300; ++round) {
    const start = process.hrtime.bigint();
    from.copy(to);
    times.push(Number(process.hrtime.bigint() - start) / from.length);
  }
  return median(times);
}

/** Copied bytes a request by way and size, of a junctor with the counter preloaded. */
async function countCopies(bench, upstream) {
  const library = path.join(bench.directory, 'copy_counter.so');
  execFileSync('cc', ['-O2', '-fno-builtin', '-shared', '-fPIC', '-o', library, path.join(HERE, 'copy_counter.c'), '-ldl']);
  const file = path.join(bench.directory, 'copied');
  writeFileSync(file, Buffer.alloc(4096));
  const copied = () => Number(readFileSync(file).readBigUInt64LE(0));
  const program = await startJunctor(bench, upstream, { prefix: PREFIX, environment: { LD_PRELOAD: library, BENCH_COPY_COUNTER: file } });
  const counts = {};
  for (const way of WAYS.filter(({ gateway }) => gateway === 'junctor')) {
    for (const bytes of SIZES) {
      const target = targetFor(way, program, bytes);
      await post(target);  // what is set up once doesn't count
      const before = copied();
      for (let number = 0; number < COPY_REQUESTS; ++number) {
        const { status, text } = await post(target);
        if (status !== 200 || !isWholeAnswer(text, way.answerModel)) throw new BenchError(`${target.name} answered ${status}: ${text.slice(0, 500)}`);
      }
      counts[target.name] = (copied() - before) / COPY_REQUESTS;
    }
  }
  return counts;
}

export async function runBodies(bench) {
  const upstream = await startUpstream(bench);
  const programs = { haproxy: await startHaproxy(bench, upstream), junctor: await startJunctor(bench, upstream, { prefix: PREFIX }) };
  const targets = SIZES.flatMap((bytes) => WAYS.map((way) => targetFor(way, programs[way.gateway], bytes)));
  const figures = await measure(bench, targets);
  const memcpyNs = memcpyNsPerByte();
  const copies = await countCopies(bench, upstream);

  const rows = [];
  const goals = [];
  for (const way of WAYS) {
    const growth = [];
    for (const [index, bytes] of SIZES.entries()) {
      const name = `${way.name}, ${bytes}`;
      const now = figures[name];
      let further = {};
      if (index > 0) {
        const last = figures[`${way.name}, ${SIZES[index - 1]}`];
        const more = bytes - SIZES[index - 1];
        further = { cpuNs: ((now.cpuUs - last.cpuUs) * 1000) / more, userNs: ((now.userUs - last.userUs) * 1000) / more };
        growth.push(further);
      }
      rows.push([
        way.name, bytes, now.cpuUs.toFixed(1), now.userUs.toFixed(1), now.p50Ms.toFixed(2), further.cpuNs?.toFixed(3) ?? '', further.userNs?.toFixed(3) ?? '',
        index === 0 ? '' : (further.userNs / memcpyNs).toFixed(1), name in copies ? (copies[name] / bytes).toFixed(2) : '', now.errors,
      ]);
    }
    if (way.gateway !== 'junctor') continue;
    const rise = (key) => growth.at(-1)[key] / growth.at(-2)[key];
    const [small, large] = [SIZES[1], SIZES.at(-1)];
    goals.push([`${way.name}: a further byte above 128 KB / below, user time`, rise('userNs'), GROWTH_GOAL]);
    goals.push([`${way.name}: copies of a further byte`, (copies[`${way.name}, ${large}`] - copies[`${way.name}, ${small}`]) / (large - small), COPIES_GOAL]);
  }
  printTable(
    loadTitle(bench, 'request bodies with an image', CONNECTIONS),
    ['way', 'bytes', 'CPU µs/request', 'user', 'p50 ms', 'ns a further byte', 'user', 'user / memcpy', 'copies', 'errors'],
    rows,
  );
  console.log(`memcpy of 1 MiB: ${memcpyNs.toFixed(3)} ns a byte`);
  for (const goal of goals) printGoal(...goal);
}
