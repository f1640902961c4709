// Section `portkey`: chat and translation beside Portkey's gateway (npm @portkey-ai/gateway, as bench/portkey/package-lock.json says).

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { HERE, freePort } from '../lib/bench.mjs';
import { ANTHROPIC_MODEL, ANTHROPIC_PATH, HEADERS, OPENAI_MODEL, OPENAI_PATH, chatBody } from '../lib/chat_messages.mjs';
import { printTable } from '../lib/figures.mjs';
import { LOAD_HEADS, loadRow, loadTitle, measure } from '../lib/load.mjs';
import { residentKib } from '../lib/process_usage.mjs';
import { startHaproxy, startJunctor, startUpstream } from '../lib/programs.mjs';

const FOLDER = path.join(path.dirname(HERE), 'portkey');
const START = path.join(FOLDER, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');

async function startPortkey(bench) {
  if (!existsSync(START)) execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: ['ignore', 2, 2] });
  const port = await freePort();
  return bench.start('portkey', bench.measuredCore, port, process.execPath, [START, `--port=${port}`, '--headless'], {
    NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1',
  });
}

export async function runPortkey(bench) {
  const upstream = await startUpstream(bench);
  const haproxy = await startHaproxy(bench, upstream);
  const junctor = await startJunctor(bench, upstream);
  const portkey = await startPortkey(bench);
  const portkeyHeaders = (provider) => ({
    ...HEADERS, 'x-portkey-provider': provider, 'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/v1`,
  });
  const forms = [
    { form: 'passed through', provider: 'openai', path: OPENAI_PATH, route: 'dynamic/bench', model: OPENAI_MODEL },
    { form: 'Anthropic', provider: 'anthropic', path: ANTHROPIC_PATH, route: 'dynamic/bench-anthropic', model: ANTHROPIC_MODEL },
  ];
  const targets = forms.flatMap(({ form, provider, path: proxiedPath, route, model }) => [
    { name: `HAProxy, ${form}`, program: haproxy, path: proxiedPath, headers: HEADERS, body: chatBody(model), answerModel: model },
    { name: `junctor, ${form}`, program: junctor, path: OPENAI_PATH, headers: HEADERS, body: chatBody(route), answerModel: model },
    { name: `Portkey, ${form}`, program: portkey, path: OPENAI_PATH, headers: portkeyHeaders(provider), body: chatBody(model), answerModel: model },
  ]);
  const figures = await measure(bench, targets);
  printTable(
    loadTitle(bench, 'chat, 1 KB, beside Portkey'),
    [...LOAD_HEADS, 'MiB'],
    targets.map(({ name, program }) => [...loadRow(name, figures[name]), (residentKib(program.pid) / 1024).toFixed(0)]),
  );
  for (const { form } of forms) {
    const [ours, theirs] = [figures[`junctor, ${form}`], figures[`Portkey, ${form}`]];
    console.log(`Portkey / junctor, ${form}: CPU a request ${(theirs.cpuUs / ours.cpuUs).toFixed(1)}, p50 ${(theirs.p50Ms / ours.p50Ms).toFixed(1)}; ` +
      `junctor / Portkey, requests a second: ${(ours.requestsPerSecond / theirs.requestsPerSecond).toFixed(1)}`);
  }
}
