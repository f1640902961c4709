// Dynamic routes through the admin API: their whole life by the official client, and what that client does not have.

import assert from 'node:assert/strict';
import Cloudflare from 'cloudflare';
import { after } from 'node:test';
import { STORAGE } from './control.mjs';
import { ACCOUNT, ControlledGateway, calling } from './control_plane.mjs';
import { model, outputs, route, test } from './harness.mjs';

const on = { account_id: ACCOUNT, gateway_id: 'default' };
const fileRoute = route('from-file', [model('m', 'filed')]);
const controlled = await ControlledGateway.start({ routes: [fileRoute], config: STORAGE });
after(() => controlled.stop());

/** Makes a route through the client. */
const create = (name, elements) => controlled.routing.create('default', { account_id: ACCOUNT, name, elements });
const save = (id, elements, more = {}) => controlled.routing.createVersion(id, { ...on, elements, ...more });
const deploy = (id, version_id, more = {}) => controlled.routing.createDeployment(id, { ...on, version_id, ...more });
const isTime = (text) => assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const refused = (status) => (error) => {
  assert.ok(error instanceof Cloudflare.APIError, String(error));
  assert.equal(error.status, status, error.message);
  return true;
};
const without = (object, ...names) => Object.fromEntries(Object.entries(object).filter(([key]) => !names.includes(key)));

test('a route is made, and serves at once', async () => {
  const elements = calling('first');
  const made = await create('life', elements);
  assert.deepEqual(made.elements, elements);
  assert.equal(made.name, 'life');
  assert.equal(made.gateway_id, 'default');
  isTime(made.created_at);
  isTime(made.modified_at);
  assert.equal(made.version.active, 'true');
  assert.equal(made.version.is_valid, true);
  assert.deepEqual(JSON.parse(made.version.data), { name: 'life', elements });
  assert.equal(made.deployment.version_id, made.version.version_id);
  assert.equal(made.version_id, made.version.version_id);
  assert.equal(made.deployment_id, made.deployment.deployment_id);
  const { status, version, model } = await controlled.chat('life');
  assert.deepEqual([status, version, model], [200, '1', 'first']);

  const got = await controlled.routing.get(made.id, on);
  assert.deepEqual(got, without(made, 'version_id', 'deployment_id'));
  assert.deepEqual(await controlled.routing.get('life', on), got);
});

test('a version serves once it is deployed, and a rollback is a deployment of an earlier one', async () => {
  const made = await create('versions', calling('first'));
  const saved = await save(made.id, calling('second'), { comment: 'why' });
  assert.equal(saved.id, made.id);
  assert.deepEqual(saved.elements, calling('second'));
  assert.equal(saved.number, 2);
  assert.equal((await controlled.chat('versions')).model, 'first');
  const deployed = await deploy(made.id, saved.version_id);
  assert.equal(deployed.id, made.id);
  assert.deepEqual(deployed.elements, calling('second'));
  assert.deepEqual(without(await controlled.chat('versions'), 'response'), { status: 200, version: '2', model: 'second' });
  await deploy(made.id, made.version.version_id);
  assert.deepEqual(without(await controlled.chat('versions'), 'response'), { status: 200, version: '1', model: 'first' });

  const listed = await controlled.routing.listVersions(made.id, on);
  assert.equal(listed.success, true);
  const { versions, ...page } = listed.data;
  assert.deepEqual(page, { page: 1, per_page: 20, total_count: 2, order_by: 'created_at', order_by_direction: 'desc' });
  assert.deepEqual(versions.map((one) => [one.number, one.active, one.comment]), [[2, 'false', 'why'], [1, 'true', '']]);
  assert.ok(versions.every((one) => typeof one.data === 'string' && one.is_valid === true && one.source_hash.length === 64));

  const version = await controlled.routing.getVersion(saved.version_id, { ...on, id: made.id });
  assert.equal(version.version_id, saved.version_id);
  assert.equal(version.active, 'false');
  assert.equal(version.author, 'configuration');
  assert.deepEqual(version.elements, calling('second'));

  const { data } = await controlled.routing.listDeployments(made.id, on);
  assert.deepEqual(data.deployments.map((one) => one.version_id), [made.version.version_id, saved.version_id, made.version.version_id]);
  assert.deepEqual(data.deployments.map((one) => one.kind), ['live', 'live', 'live']);
  assert.deepEqual(data.deployments.map((one) => one.ended_at !== undefined), [false, true, true]);
});

test('a rename keeps all but the name, and a deletion takes all', async () => {
  const made = await create('old-name', calling('renamed'));
  const renamed = await controlled.routing.update(made.id, { ...on, name: 'new-name' });
  assert.equal(renamed.success, true);
  assert.equal(renamed.route.id, made.id);
  assert.equal(renamed.route.name, 'new-name');
  assert.equal(renamed.route.account_tag, ACCOUNT);
  assert.equal(renamed.route.version.version_id, made.version.version_id);
  assert.equal((await controlled.chat('old-name')).status, 404);
  assert.equal((await controlled.chat('new-name')).model, 'renamed');
  const deleted = await controlled.routing.delete(made.id, on);
  assert.deepEqual(deleted, without(renamed.route, 'account_tag', 'version', 'deployment'));
  assert.equal((await controlled.chat('new-name')).status, 404);
  await assert.rejects(controlled.routing.get(made.id, on), refused(404));
});

test('lists have pages, and a page past the end is empty', async () => {
  const gateway = await controlled.client.aiGateway.create({
    account_id: ACCOUNT,
    id: 'pages',
    authentication: false,
    cache_invalidate_on_update: false,
    cache_ttl: null,
    collect_logs: true,
    rate_limiting_interval: null,
    rate_limiting_limit: null,
  });
  for (let i = 0; i < 5; ++i) {
    await controlled.routing.create(gateway.id, { account_id: ACCOUNT, name: `page-${i}`, elements: calling('paged') });
  }
  const names = [];
  for (let page = 1; ; ++page) {
    const { data } = await controlled.routing.list(gateway.id, { account_id: ACCOUNT, page, per_page: 4 });
    assert.equal(data.page, page);
    assert.equal(data.per_page, 4);
    if (data.routes.length === 0) break;
    assert.ok(data.routes.every((one) => one.account_tag === ACCOUNT && one.version.active === 'true' && one.deployment.deployment_id));
    names.push(...data.routes.map((one) => one.name));
  }
  assert.deepEqual(names.sort(), ['from-file', 'page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
  assert.equal((await controlled.chat('page-3', { gateway: 'pages' })).model, 'paged');
  assert.equal((await controlled.chat('page-3')).status, 404, 'a route belongs to its gateway');
  await controlled.client.aiGateway.delete(gateway.id, { account_id: ACCOUNT });
  assert.equal((await controlled.chat('page-3', { gateway: 'pages' })).status, 400);
});

test('both spellings are stored and given back as they were sent, byte for byte', async () => {
  const elements = `[ {"id":"start","type":"start","outputs":{"next":{"elementId":"c"}}},
    {"type":"conditional", "id":"c", "properties":{"condition":{"metadata.plan":{"$eq":"pro"}}},
     "outputs":{"true":{"elementId":"r"},"false":{"elementId":"m"}}},
    {"id":"r","type":"rate_limit","properties":{"limitType":"count","key":"metadata.u\\u0073er","limit":1e3,"interval":60},
     "outputs":{"success":{"elementId":"m"}}},
    {"id":"m","type":"model","properties":{"provider":"up","model":"ok"},"outputs":{"success":{"elementId":"end"}}},
    {"id":"end","type":"end"} ]`;
  const made = await controlled.ask('POST', '/routes', `{"elements":${elements},"name":"spelled"}`);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.equal(made.body.result.version.data, `{"name":"spelled","elements":${elements}}`);
  const raw = await fetch(`${controlled.adminUrl}/client/v4/accounts/x/ai-gateway/gateways/default/routes/spelled`, {
    headers: { 'x-auth-email': 'a@b.c', 'x-auth-key': controlled.client.apiToken },
  });
  assert.ok((await raw.text()).includes(elements));
  assert.equal((await controlled.chat('spelled')).status, 200);
});

test('a route that does not compile is refused with every diagnostic, and nothing is saved', async () => {
  const elements = calling('x');
  elements[0].outputs.next.elementId = 'nowhere';
  elements[1].properties.timout = 5;
  const wrong = (error) => {
    refused(400)(error);
    assert.ok(error.errors.length >= 2, JSON.stringify(error.errors));
    for (const one of error.errors) {
      assert.equal(one.code, 1005);
      assert.match(one.diagnostic, /^JR\d{4}$/);
      assert.ok(one.message.startsWith(`${one.diagnostic}: `));
      assert.deepEqual(one.path.slice(0, 2), ['body', 'elements']);
      assert.equal(one.line, 1);
      assert.ok(one.column > 1);
    }
    const typo = error.errors.find((one) => one.message.includes('timout'));
    assert.deepEqual(typo.path, ['body', 'elements', '1', 'properties', 'timout']);
    assert.equal(typo.column, JSON.stringify(elements).indexOf('"timout"') + 1);
    assert.match(typo.fix, /timeout/);
    assert.equal(error.headers.get('x-should-retry'), 'false');
    return true;
  };
  await assert.rejects(create('wrong', elements), wrong);
  await assert.rejects(controlled.routing.get('wrong', on), refused(404));
  const made = await create('right', calling('ok'));
  await assert.rejects(save(made.id, elements), wrong);
  assert.equal((await controlled.routing.listVersions(made.id, on)).data.versions.length, 1);
});

test('comments and trailing commas are refused, with their place', async () => {
  const elements = '[\n  // why\n' + JSON.stringify(calling('ok')).slice(1, -1) + ',\n]';
  const made = await controlled.ask('POST', '/routes', `{"name": "commented", "elements": ${elements}}`);
  assert.equal(made.status, 400);
  const comment = made.body.errors.find((one) => one.message.includes('comment'));
  assert.deepEqual([comment.code, comment.line, comment.column], [1005, 2, 3], JSON.stringify(made.body.errors));
  const validated = await controlled.ask('POST', '/routes/validate', `{"elements": ${elements}}`);
  assert.equal(validated.status, 200);
  assert.equal(validated.body.result.valid, false);
  const around = await controlled.ask('POST', '/routes/validate', `{/* why */"elements": ${JSON.stringify(calling('ok'))}}`);
  assert.deepEqual([around.status, around.body.errors[0].code], [400, 1002]);
  assert.equal((await controlled.ask('GET', '/routes/commented')).status, 404);
});

test('a route has a deadline, version by version', async () => {
  const elements = calling('slow:1500');
  const made = (await controlled.ask('POST', '/routes', { name: 'hurried', elements, deadline: 200 })).body.result;
  assert.equal(made.deadline, 200);
  assert.equal(JSON.parse(made.version.data).deadline, 200);
  assert.equal((await controlled.chat('hurried')).status, 504);
  const patient = (await controlled.ask('POST', '/routes/hurried/versions', { elements, deadline: null })).body.result;
  assert.equal(patient.deadline, undefined);
  assert.notEqual(patient.source_hash, made.version.source_hash);
  const { result } = (await controlled.ask('GET', `/routes/hurried/versions/${made.version_id}/diff/${patient.version_id}`)).body;
  assert.deepEqual(result.deadline, { before: 200, after: null });
  assert.ok(result.summary.includes('deadline 200 ms → none'), JSON.stringify(result.summary));
  await deploy(made.id, patient.version_id);
  assert.equal((await controlled.chat('hurried')).status, 200);
  assert.equal((await controlled.routing.get(made.id, on)).deadline, undefined);
  for (const deadline of ['soon', -1, {}, [], true, 1e12]) {
    const refusal = await controlled.ask('POST', '/routes/hurried/versions', { elements, deadline });
    assert.equal(refusal.status, 400, JSON.stringify(refusal.body));
    assert.deepEqual([refusal.body.errors[0].code, refusal.body.errors[0].path], [1005, ['body', 'deadline']]);
    const judged = await controlled.ask('POST', '/routes/validate', { elements, deadline });
    assert.equal(judged.body.result.valid, false);
  }
  const bounds = async (body) => (await controlled.ask('POST', '/routes/validate', body)).body.result.bounds;
  assert.equal((await bounds({ elements, deadline: 200 })).worst_first_byte_ms, 200);
});

test('a rename says of what it does not change', async () => {
  const made = await create('to-rename', calling('first'));
  const { body } = await controlled.ask('PATCH', `/routes/${made.id}`, { name: 'to-rename', elements: calling('second') });
  assert.equal(body.success, true);
  assert.deepEqual(body.route.elements, calling('first'));
  assert.deepEqual(body.messages.map((one) => one.path), [['body', 'elements']]);
});

test('warnings come in messages', async () => {
  const elements = calling('ok');
  elements[1].properties.provider = 'upp';
  const made = await controlled.ask('POST', '/routes', { name: 'warned', elements });
  assert.equal(made.status, 200);
  assert.equal(made.body.messages.length, 1);
  assert.match(made.body.messages[0].message, /upp/);
});

test('what can not be done says why, and is not to be repeated', async () => {
  const made = await create('taken', calling('ok'));
  const cases = [
    ['POST', '/routes', { name: 'taken', elements: calling('ok') }, 409, 1003],
    ['POST', '/routes', { name: 'x' }, 400, 1002],
    ['POST', '/routes', { name: 'x', elements: {} }, 400, 1002],
    ['POST', '/routes', { name: 5, elements: [] }, 400, 1002],
    ['POST', '/routes', '{"name":', 400, 1002],
    ['POST', '/routes', { name: 'not a name', elements: calling('ok') }, 400, 1005],
    ['PATCH', '/routes/taken', { name: 'not a name' }, 400, 1005],
    ['PATCH', '/routes/taken', {}, 400, 1002],
    ['PATCH', '/routes/none', { name: 'x' }, 404, 1004],
    ['POST', '/routes/taken/deployments', { version_id: 'none' }, 404, 1004],
    ['POST', '/routes/taken/deployments', {}, 400, 1002],
    ['POST', '/routes/taken/deployments', { version_id: made.version_id, percentage: 100 }, 400, 1002],
    ['POST', '/routes/taken/deployments', { version_id: made.version_id, percentage: 5 }, 400, 1002],
    ['DELETE', `/routes/taken/deployments/${made.deployment_id}`, undefined, 409, 1006],
    ['GET', `/routes/taken/deployments/${made.deployment_id}/differences`, undefined, 409, 1006],
    ['GET', '/routes?per_page=101', undefined, 400, 1002],
    ['PATCH', '/routes/from-file', { name: 'x' }, 409, 1006],
    ['DELETE', '/routes/file:from-file', undefined, 409, 1006],
    ['POST', '/routes/from-file/versions', { elements: calling('ok') }, 409, 1006],
    ['POST', '/routes', { name: 'from-file', elements: calling('ok') }, 409, 1006],
    ['PATCH', '/routes/taken', { name: 'from-file' }, 409, 1006],
  ];
  for (const [method, where, body, status, code] of cases) {
    const answer = await controlled.ask(method, where, body);
    const label = `${method} ${where} ${JSON.stringify(body)} → ${JSON.stringify(answer.body)}`;
    assert.equal(answer.status, status, label);
    assert.equal(answer.body.success, false, label);
    assert.equal(answer.body.errors[0].code, code, label);
    assert.equal(answer.headers.get('x-should-retry'), 'false', label);
  }
  const unknown = await controlled.ask('GET', '/routes', undefined, { gateway: 'unknown' });
  assert.equal(unknown.status, 404);
});

test('a route of a file is shown as one', async () => {
  const got = await controlled.routing.get('from-file', on);
  assert.equal(got.id, 'file:from-file');
  assert.deepEqual(got.elements, fileRoute.elements);
  assert.match(got.file, /from-file\.json$/);
  assert.equal(got.version.active, 'true');
  assert.equal((await controlled.chat('from-file')).model, 'filed');
  const refusal = await controlled.ask('DELETE', '/routes/from-file');
  assert.match(refusal.body.errors[0].message, /^route `from-file` comes from the file `.*from-file\.json`: change the file$/);
});

test('a file whose name a stored route has is not served, until the name is free', async () => {
  await create('contested', calling('stored'));
  const from = controlled.gateway.logs.length;
  await controlled.gateway.writeRoute('contested', route('contested', [model('m', 'filed')]));
  const line = await controlled.gateway.waitForLog((one) => one.event === 'route_name_taken', 'the refusal', { from });
  assert.equal(line.level, 'error');
  assert.match(line.message, /the gateway `default`/);
  assert.equal((await controlled.chat('contested')).model, 'stored');
  await controlled.routing.delete('contested', on);
  await controlled.gateway.waitForLog((one) => one.event === 'route_published' && one.route === 'contested', 'the file serving', { from });
  assert.equal((await controlled.chat('contested')).model, 'filed');
});

test('a gradual deployment takes its share, sticky by its key, and ends', async () => {
  const made = await create('gradual', calling('first'));
  const saved = await save(made.id, calling('second'));
  const begun = await deploy(made.id, saved.version_id, { percentage: 50, key: 'metadata.user_id' });
  assert.equal(begun.kind, 'gradual');
  const seen = new Map();
  for (let user = 0; user < 40; ++user) {
    for (let turn = 0; turn < 2; ++turn) {
      const { model, version } = await controlled.chat('gradual', { headers: { 'cf-aig-metadata': `{"user_id":${user}}` } });
      assert.equal(version, model === 'first' ? '1' : '2');
      assert.equal(seen.get(user) ?? model, model, 'the same for the same user');
      seen.set(user, model);
    }
  }
  assert.deepEqual([...new Set(seen.values())].sort(), ['first', 'second']);
  const acting = (await controlled.routing.listDeployments(made.id, on)).data.deployments.filter((one) => !one.ended_at);
  assert.deepEqual(acting.map((one) => [one.kind, one.percentage, one.key]), [['gradual', 50, 'metadata.user_id'], ['live', undefined, undefined]]);
  const ended = await controlled.ask('DELETE', `/routes/gradual/deployments/${begun.deployment_id}`);
  assert.equal(ended.status, 200);
  isTime(ended.body.result.ended_at);
  for (let user = 0; user < 20; ++user) {
    assert.equal((await controlled.chat('gradual', { headers: { 'cf-aig-metadata': `{"user_id":${user}}` } })).model, 'first');
  }
});

test('a shadow decides beside the live version, and its differences are counted', async () => {
  const chooses = (pro) =>
    route('r', [
      { id: 'c', type: 'conditional', properties: { conditions: { 'metadata.plan': 'pro' } }, outputs: outputs({ true: 'a', false: 'b' }) },
      model('a', pro),
      model('b', 'small'),
    ]).elements;
  const made = await create('shadowed', chooses('large'));
  const saved = await save(made.id, chooses('larger'));
  const begun = await deploy(made.id, saved.version_id, { shadow: true });
  assert.equal(begun.kind, 'shadow');
  for (const plan of ['pro', 'free', 'free']) {
    const { model } = await controlled.chat('shadowed', { headers: { 'cf-aig-metadata': JSON.stringify({ plan }) } });
    assert.equal(model, plan === 'pro' ? 'large' : 'small');
  }
  const differences = await controlled.until(`/routes/shadowed/deployments/${begun.deployment_id}/differences`, (one) => one.compared >= 3);
  assert.equal(differences.compared, 3);
  assert.equal(differences.different, 1);
  const [example] = differences.examples;
  isTime(example.at);
  assert.ok(example.log_id);
  assert.deepEqual([example.live.version, example.live.model], [1, 'up/large']);
  assert.deepEqual([example.shadow.version, example.shadow.model], [2, 'up/larger']);
  assert.ok(!controlled.upstream.requests.some((one) => one.model === 'larger'), 'a shadow calls no model');
  await deploy(made.id, saved.version_id);
  assert.equal((await controlled.chat('shadowed', { headers: { 'cf-aig-metadata': '{"plan":"pro"}' } })).model, 'larger');
});

test('validate tells what is wrong, what it can cost and how it looks, and saves nothing', async () => {
  const wrong = await controlled.ask('POST', '/routes/validate', { elements: [{ id: 'a', type: 'ende' }] });
  assert.equal(wrong.status, 200);
  assert.equal(wrong.body.result.valid, false);
  assert.equal(wrong.body.result.bounds, null);
  assert.equal(wrong.body.result.graph, null);
  const [first] = wrong.body.result.diagnostics;
  assert.deepEqual(Object.keys(first), ['code', 'severity', 'message', 'path', 'line', 'column', 'fix']);
  const right = await controlled.ask('POST', '/routes/validate', { name: 'not-saved', elements: calling('x', { timeout: 1000, retries: 2 }) });
  assert.equal(right.body.result.valid, true);
  assert.deepEqual(right.body.result.diagnostics, []);
  assert.equal(right.body.result.bounds.max_calls, 3);
  assert.match(right.body.result.graph.mermaid, /^flowchart/);
  assert.match(right.body.result.graph.dot, /^digraph/);
  assert.equal((await controlled.ask('GET', '/routes/not-saved')).status, 404);
});

test('explain runs a request through a version, and diff tells what a version changes', async () => {
  const made = await create('explained', calling('first', { retries: 1 }));
  const changed = calling('second', { retries: 2 });
  const saved = await save(made.id, changed);
  const explained = await controlled.ask('POST', `/routes/explained/versions/${made.version_id}/explain`, {
    request: { messages: [], model: 'dynamic/explained' },
    assume: { m: 'timeout,ok' },
    at: '2026-01-31T12:00:00Z',
  });
  assert.equal(explained.status, 200, JSON.stringify(explained.body));
  assert.deepEqual(explained.body.result.path, ['m', 'end']);
  assert.equal(explained.body.result.outcome.model, 'up/first');
  const unknown = await controlled.ask('POST', `/routes/explained/versions/${made.version_id}/explain`, { request: {}, assume: { x: 'ok' } });
  assert.equal(unknown.status, 400);
  assert.deepEqual(unknown.body.errors[0].path, ['body', 'assume']);

  const { body } = await controlled.ask('GET', `/routes/explained/versions/${made.version_id}/diff/${saved.version_id}`);
  assert.equal(body.result.from, made.version_id);
  assert.equal(body.result.to, saved.version_id);
  assert.deepEqual(body.result.added, []);
  assert.deepEqual(body.result.changed, [
    { id: 'm', properties: [{ name: 'model', before: 'first', after: 'second' }, { name: 'retries', before: 1, after: 2 }] },
  ]);
  assert.ok(body.result.summary.includes('worst case calls 2 → 3'), JSON.stringify(body.result.summary));
});

test('all of it survives a restart, and a kill', async () => {
  const made = await create('kept', calling('first'));
  const saved = await save(made.id, calling('second'));
  await deploy(made.id, saved.version_id);
  const third = await save(made.id, calling('third'));
  await deploy(made.id, third.version_id, { percentage: 50, key: 'metadata.user_id' });
  const before = await controlled.routing.get(made.id, on);
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    await controlled.restart(signal);
    assert.deepEqual(await controlled.routing.get(made.id, on), before);
    const { status, version, model } = await controlled.chat('kept', { headers: { 'cf-aig-metadata': '{}' } });
    assert.equal(status, 200);
    assert.ok((version === '2' && model === 'second') || (version === '3' && model === 'third'));
    assert.equal((await controlled.routing.listVersions(made.id, on)).data.versions.length, 3);
  }
}, { ms: 30000 });
