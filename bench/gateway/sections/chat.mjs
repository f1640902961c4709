// Sections `chat` and `translate`: a small chat request through a six-element route, beside plain proxies of the same upstream.

import { ANTHROPIC_MODEL, ANTHROPIC_PATH, HEADERS, OPENAI_MODEL, OPENAI_PATH, chatBody } from '../lib/chat_messages.mjs';
import { printGoal, printTable } from '../lib/figures.mjs';
import { LOAD_HEADS, loadRow, loadTitle, measure } from '../lib/load.mjs';
import { startHaproxy, startJunctor, startNginx, startUpstream } from '../lib/programs.mjs';

async function compare(bench, { title, route, answerModel, proxiedPath, goal }) {
  const upstream = await startUpstream(bench);
  const body = chatBody(route);
  const targets = [
    { name: 'nginx', program: await startNginx(bench, upstream), path: proxiedPath },
    { name: 'HAProxy', program: await startHaproxy(bench, upstream), path: proxiedPath },
    { name: 'junctor', program: await startJunctor(bench, upstream), path: OPENAI_PATH },
  ].map((target) => ({ ...target, headers: HEADERS, body, answerModel }));
  const figures = await measure(bench, targets);
  printTable(loadTitle(bench, title), LOAD_HEADS, targets.map(({ name }) => loadRow(name, figures[name])));
  printGoal('junctor / HAProxy, CPU a request', figures.junctor.cpuUs / figures.HAProxy.cpuUs, goal);
  console.log(`junctor / HAProxy, p50: ${(figures.junctor.p50Ms / figures.HAProxy.p50Ms).toFixed(2)}`);
}

export const runChat = (bench) => compare(bench, {
  title: 'chat, 1 KB, passed through', route: 'dynamic/bench', answerModel: OPENAI_MODEL, proxiedPath: OPENAI_PATH, goal: 1.3,
});

export const runTranslate = (bench) => compare(bench, {
  title: 'chat, 1 KB, Anthropic upstream', route: 'dynamic/bench-anthropic', answerModel: ANTHROPIC_MODEL, proxiedPath: ANTHROPIC_PATH, goal: 2,
});
