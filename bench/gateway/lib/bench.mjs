// One section's run: its settings, its temporary folder, and the programs that it started, which end with it.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 3_000;

/** What a user can put right, or an answer that was none; its message says which. */
export class BenchError extends Error {}

const PACKAGES = { nginx: 'nginx-light', haproxy: 'haproxy', wrk: 'wrk', cc: 'g++', npm: 'npm' };

function setting(name, normal, smoke, isSmoke) {
  if (process.env[name] === undefined) return isSmoke ? smoke : normal;
  const value = Number(process.env[name]);
  if (!Number.isInteger(value) || value < 1) {
    throw new BenchError(`${name} is '${process.env[name]}'; it has to be an integer above 0`);
  }
  return value;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

export class Bench {
  constructor({ smoke, tools }) {
    for (const tool of tools) {
      if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) {
        throw new BenchError(`${tool} is missing: apt-get install ${PACKAGES[tool]}`);
      }
    }
    this.smoke = smoke;
    this.seconds = setting('SECONDS_PER_RUN', 5, 1, smoke);
    this.rounds = setting('ROUNDS', 3, 1, smoke);
    this.connections = setting('CONNECTIONS', 32, 4, smoke);
    this.streams = setting('STREAMS', 5000, 100, smoke);
    this.errors = 0;
    this.measuredCore = 0;
    this.loadCore = os.cpus().length - 1;
    this.directory = mkdtempSync(path.join(os.tmpdir(), 'junctor-bench-'));
    this.processes = [];
    this.onSignal = () => this.close().finally(() => process.exit(130));
    this.onExit = () => {
      this.killAll('SIGTERM');
      rmSync(this.directory, { recursive: true, force: true });
    };
    process.once('SIGINT', this.onSignal).once('SIGTERM', this.onSignal).once('exit', this.onExit);
  }

  /** Starts a program on a core and waits until it listens on the port. It sees no proxy and no key of the environment. */
  async start(name, core, port, command, args, environment = {}) {
    const logFile = path.join(this.directory, `${name}-${this.processes.length}.log`);
    const log = openSync(logFile, 'w');
    const child = spawn('taskset', ['-c', String(core), command, ...args], {
      cwd: this.directory,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, HOME: this.directory, ...environment },
    });
    closeSync(log);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.processes.push({ child, ended });
    for (const deadline = Date.now() + START_TIMEOUT_MS; !(await answers(port)); await sleep(20)) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new BenchError(`${name} does not answer on port ${port}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
      }
    }
    return { name, port, pid: child.pid };
  }

  killAll(signal) {
    for (const { child } of this.processes) child.kill(signal);
  }

  /** Ends all programs that were started; the section may start others. */
  async stop() {
    this.killAll('SIGTERM');
    const timer = setTimeout(() => this.killAll('SIGKILL'), STOP_TIMEOUT_MS);
    await Promise.all(this.processes.map(({ ended }) => ended));
    clearTimeout(timer);
    this.processes = [];
  }

  async close() {
    await this.stop();
    process.off('SIGINT', this.onSignal).off('SIGTERM', this.onSignal).off('exit', this.onExit);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
