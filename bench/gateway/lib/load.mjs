// Load by wrk on several targets in turn, and what each round cost the program that answered.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { BenchError, HERE } from './bench.mjs';
import { isWholeAnswer } from './chat_messages.mjs';
import { median } from './figures.mjs';
import { cpuTime } from './process_usage.mjs';

const run = promisify(execFile);

/** POSTs once over a new connection; gives status and text. */
export function post(target) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port: target.program.port, path: target.path, method: 'POST', agent: false,
      headers: { ...target.headers, 'content-length': Buffer.byteLength(target.body) },
    }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(target.body);
  });
}

async function wrk(bench, target, seconds) {
  const headers = Object.entries(target.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const connections = target.connections ?? bench.connections;
  const { stdout } = await run('wrk', [
    '-t1', `-c${connections}`, `-d${seconds}s`, '-s', path.join(HERE, 'post.lua'), ...headers,
    `http://127.0.0.1:${target.program.port}${target.path}`,
  ], { env: { ...process.env, BENCH_BODY: target.bodyFile } });
  const line = stdout.match(/^result (\d+) (\d+) (\d+) (\d+) (\d+)$/m);
  if (line === null) throw new BenchError(`wrk printed no result:\n${stdout}`);
  const [requests, microseconds, p50, p99, errors] = line.slice(1).map(Number);
  return { requests, seconds: microseconds / 1e6, p50Ms: p50 / 1000, p99Ms: p99 / 1000, errors };
}

/**
 * Loads each target `{name, program, path, headers, body, answerModel, connections?}` in turn, in every round, after one request whose answer has to be
 * whole and a second of warm-up. Gives the medians by the targets' names. Errors are counted in the bench as well.
 */
export async function measure(bench, targets) {
  const rounds = new Map(targets.map(({ name }) => [name, []]));
  for (const [index, target] of targets.entries()) {
    const { status, text } = await post(target);
    if (status !== 200 || !isWholeAnswer(text, target.answerModel)) throw new BenchError(`${target.name} answered ${status}: ${text.slice(0, 500)}`);
    target.bodyFile = path.join(bench.directory, `body-${index}.json`);
    writeFileSync(target.bodyFile, target.body);
    await wrk(bench, target, 1);
  }
  for (let round = 0; round < bench.rounds; ++round) {
    for (const target of targets) {
      const before = cpuTime(target.program.pid);
      const result = await wrk(bench, target, bench.seconds);
      const after = cpuTime(target.program.pid);
      const count = Math.max(result.requests, 1);
      const userUs = ((after.user - before.user) * 1e6) / count;
      const systemUs = ((after.system - before.system) * 1e6) / count;
      rounds.get(target.name).push({
        ...result, userUs, systemUs, cpuUs: userUs + systemUs, requestsPerSecond: result.requests / result.seconds,
      });
      bench.errors += result.errors + (result.requests === 0 ? 1 : 0);
    }
  }
  const medians = {};
  for (const [name, results] of rounds) {
    medians[name] = Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))]));
  }
  return medians;
}

export const LOAD_HEADS = ['program', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'user', 'system', 'errors'];

export function loadRow(name, figures) {
  return [
    name, figures.requestsPerSecond.toFixed(0), figures.p50Ms.toFixed(2), figures.p99Ms.toFixed(2), figures.cpuUs.toFixed(1),
    figures.userUs.toFixed(1), figures.systemUs.toFixed(1), figures.errors,
  ];
}

/** How the figures of a table were come by. */
export function loadTitle(bench, subject, connections = bench.connections) {
  return `${subject}: ${connections} connections, ${bench.rounds} rounds of ${bench.seconds} s in turn, medians`;
}
