// The admin API as the unmodified official client drives it: gateways, custom providers, keys, errors, pages, retries.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import Cloudflare from 'cloudflare';
import { OPERATOR, STORAGE, startControlled } from './control.mjs';
import { test } from './harness.mjs';

const account = { account_id: 'acc' };
const REQUIRED = { cache_invalidate_on_update: true, cache_ttl: 0, collect_logs: true, rate_limiting_interval: 0, rate_limiting_limit: 0 };

const { gateway, admin } = await startControlled({ config: { allow_private_targets: ['10.9.0.0/16'], ...STORAGE } });
after(() => gateway.stop());
const base = admin.base.slice(0, admin.base.indexOf('/accounts'));

/** A client, and what it sent: method, URL and status of each try. */
function clientOf(options = {}) {
  const sent = [];
  const client = new Cloudflare({
    apiToken: OPERATOR,
    baseURL: base,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      sent.push({ method: init.method, url: String(url), status: response.status });
      return response;
    },
    ...options,
  });
  return { client, sent };
}

const { client } = clientOf();

/** What a promise is rejected with. */
async function failure(promise) {
  return promise.then(
    () => assert.fail('it should have failed'),
    (error) => error,
  );
}

async function all(pages) {
  const entries = [];
  for await (const entry of pages) entries.push(entry);
  return entries;
}

test('a gateway lives from its creation to its end', async () => {
  const made = await client.aiGateway.create({
    ...account,
    id: 'life',
    ...REQUIRED,
    authentication: true,
    rate_limiting_technique: 'sliding',
    retry_max_attempts: 3,
    spend_limits: { enabled: true, rules: [{ limit: 5, limitType: 'cost', window: 86400, metadata: { team: { mode: 'partition' } } }] },
    otel: [{ url: 'https://otel.example', headers: { 'x-key': 'v' } }],
  });
  assert.equal(made.id, 'life');
  assert.equal(made.authentication, true);
  assert.equal(made.rate_limiting_technique, 'sliding');
  assert.equal(made.zdr, false);
  assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(made.otel, [{ url: 'https://otel.example', headers: { 'x-key': 'v' } }]);
  assert.equal(made.spend_limits.rules[0].limit, 5);
  assert.deepEqual(await client.aiGateway.get('life', account), made);

  const updated = await client.aiGateway.update('life', { ...account, ...REQUIRED, cache_ttl: 60, otel: null });
  assert.equal(updated.cache_ttl, 60);
  assert.equal(updated.otel, null);
  assert.equal(updated.authentication, true, 'what an update leaves out stays');
  assert.equal(updated.created_at, made.created_at);

  const deleted = await client.aiGateway.delete('life', account);
  assert.equal(deleted.id, 'life');
  assert.ok((await failure(client.aiGateway.get('life', account))) instanceof Cloudflare.NotFoundError);
});

test('what was given back can be sent again', async () => {
  const made = await client.aiGateway.create({ ...account, id: 'again', ...REQUIRED });
  const { created_at, modified_at, id, ...settings } = made;
  const updated = await client.aiGateway.update('again', { ...account, ...settings });
  assert.deepEqual({ ...updated, modified_at }, made);
});

test('lists are walked to their end, in pages of any size', async () => {
  for (let i = 0; i < 7; i += 1) await client.aiGateway.create({ ...account, id: `walk-${i}`, ...REQUIRED });
  const found = await all(client.aiGateway.list({ ...account, search: 'walk-', per_page: 3 }));
  assert.equal(found.length, 7);
  assert.equal(new Set(found.map((one) => one.id)).size, 7);
  const page = await client.aiGateway.list({ ...account, search: 'walk-', per_page: 3, page: 2 });
  assert.equal(page.result.length, 3);
  assert.deepEqual(page.result_info, { page: 2, per_page: 3, count: 3, total_count: 7, total_pages: 3 });
});

test('errors are the classes that the client has for them, with code and path', async () => {
  const bad = await failure(client.aiGateway.create({ ...account, id: 'a b', ...REQUIRED, cache_ttl: 'x' }));
  assert.ok(bad instanceof Cloudflare.BadRequestError);
  assert.deepEqual(
    bad.errors.map((one) => [one.code, one.path]),
    [
      [1002, ['body', 'id']],
      [1002, ['body', 'cache_ttl']],
    ],
  );
  const wrong = await failure(clientOf({ apiToken: 'jct_wrong' }).client.aiGateway.get('x', account));
  assert.ok(wrong instanceof Cloudflare.AuthenticationError);
  const { token } = await admin.token(['read']);
  const denied = await failure(clientOf({ apiToken: token }).client.aiGateway.create({ ...account, id: 'x', ...REQUIRED }));
  assert.ok(denied instanceof Cloudflare.PermissionDeniedError);
});

test('a create of what exists is tried once', async () => {
  await client.aiGateway.create({ ...account, id: 'taken', ...REQUIRED });
  const { client: counted, sent } = clientOf();
  const error = await failure(counted.aiGateway.create({ ...account, id: 'taken', ...REQUIRED }));
  assert.ok(error instanceof Cloudflare.ConflictError);
  assert.equal(error.errors[0].code, 1003);
  assert.deepEqual(error.errors[0].path, ['body', 'id']);
  assert.equal(sent.length, 1, JSON.stringify(sent));
});

test('the older scheme of authentication works too', async () => {
  const older = new Cloudflare({ apiEmail: 'someone@example.com', apiKey: OPERATOR, baseURL: base });
  assert.ok(Array.isArray((await older.aiGateway.list(account)).result));
});

test('urls name the data plane', async () => {
  await client.aiGateway.create({ ...account, id: 'urls', ...REQUIRED });
  assert.equal(await client.aiGateway.urls.get('openai', { ...account, gateway_id: 'urls' }), `${gateway.url}/v1/acc/urls/openai`);
});

test('urls name what callers see of the data plane, where the configuration says it', async () => {
  const behind = await startControlled({ config: { public_url: 'https://ai.example.com/gw/' } });
  try {
    await behind.admin.gateway('urls');
    const url = async (provider) => (await behind.admin.must('GET', `/gateways/urls/url/${provider}`)).result;
    assert.equal(await url('openai'), 'https://ai.example.com/gw/v1/my-account/urls/openai');
    assert.equal(await url('universal'), 'https://ai.example.com/gw/v1/my-account/urls');
  } finally {
    await behind.gateway.stop();
  }
});

test('custom providers live, and are refused, as documented', async () => {
  const providers = client.aiGateway.customProviders;
  const fields = { ...account, name: 'Mine', slug: 'mine', base_url: 'https://api.example.com' };
  const made = await providers.create({ ...fields, headers: '{"X-Team":"a"}' });
  assert.equal(made.enable, false);
  assert.equal(made.beta, false);
  assert.equal(made.headers, '{"X-Team":"a"}');
  assert.match(Buffer.from(made.logo, 'base64').toString(), /^<svg .*<\/svg>$/);
  assert.deepEqual(await providers.get(made.id, account), made);
  assert.deepEqual(await all(providers.list({ ...account, enable: false })), [made]);
  assert.deepEqual(await all(providers.list({ ...account, beta: true })), []);
  assert.deepEqual(await all(providers.list({ ...account, search: 'min' })), [made]);

  const taken = await failure(providers.create(fields));
  assert.ok(taken instanceof Cloudflare.ConflictError);
  assert.equal(taken.errors[0].code, 1003);
  const plain = await failure(providers.create({ ...fields, slug: 'plain', base_url: 'http://api.example.com' }));
  assert.deepEqual(plain.errors, [
    { code: 1002, message: 'base_url must be a valid HTTPS URL starting with https://', path: ['body', 'base_url'] },
  ]);
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '10.0.0.1', '2130706433']) {
    const refused = await failure(providers.create({ ...fields, slug: 'inside', base_url: `https://${host}` }));
    assert.ok(refused instanceof Cloudflare.BadRequestError, host);
    assert.deepEqual(refused.errors[0].path, ['body', 'base_url'], host);
  }
  await providers.create({ ...fields, slug: 'named', base_url: 'https://10.9.1.2' });

  const disorder = await admin.call('GET', '/custom-providers?order_by=secret%20ASC');
  assert.equal(disorder.status, 400);
  assert.deepEqual(disorder.body.errors[0].path, ['query', 'order_by']);
  const patched = await admin.must('PATCH', `/custom-providers/${made.id}`, { enable: true });
  assert.equal(patched.result.enable, true);
  assert.equal((await providers.delete(made.id, account)).slug, 'mine');
  const gone = await failure(providers.get(made.id, account));
  assert.ok(gone instanceof Cloudflare.NotFoundError);
  assert.equal(gone.errors[0].code, 1004);
});

test('a stored key is never given back', async () => {
  await client.aiGateway.create({ ...account, id: 'keys', ...REQUIRED });
  const configs = client.aiGateway.providerConfigs;
  const secret = 'sk-live-abcdefghijklmnopqrstuvwxyz0123456789';
  const made = await configs.create('keys', { ...account, alias: 'default', default_config: true, provider_slug: 'openai', secret });
  assert.equal(made.gateway_id, 'keys');
  assert.ok(!JSON.stringify(made).includes('abcdefghij'));
  assert.match(made.secret_preview, /…/);
  const shared = await configs.create('keys', {
    ...account,
    alias: 'eu',
    default_config: false,
    provider_slug: 'openai',
    secret_id: made.secret_id,
    rate_limit: 5,
    rate_limit_period: 60,
  });
  assert.equal(shared.secret_id, made.secret_id);
  assert.equal(shared.rate_limit, 5);
  const listed = await all(configs.list('keys', { ...account, per_page: 1 }));
  assert.deepEqual(new Set(listed.map((one) => one.alias)), new Set(['default', 'eu']));
  assert.ok(!JSON.stringify(listed).includes('abcdefghij'));
  // It would end the line of the header that it is sent in. A service account is a JSON text of several lines.
  const broken = { ...account, alias: 'broken', default_config: false, provider_slug: 'openai', secret: 'sk-a\r\nx-injected: 1' };
  assert.deepEqual((await failure(configs.create('keys', broken))).errors[0].path, ['body', 'secret']);
  await configs.create('keys', { ...account, alias: 'account', default_config: true, provider_slug: 'google-vertex-ai', secret: '{\n "region": "r"\n}' });
  const unknown = await failure(configs.list('nowhere', account));
  assert.ok(unknown instanceof Cloudflare.NotFoundError);
});

test('the audit log tells who changed what, and holds no secret', async () => {
  await client.aiGateway.create({ ...account, id: 'seen', ...REQUIRED, otel: [{ url: 'https://o', headers: { k: 'hidden-value' } }] });
  await client.aiGateway.update('seen', { ...account, ...REQUIRED, cache_ttl: 5 });
  const entries = await all(client.auditLogs.list({ ...account, action: { type: 'update' }, per_page: 100 }));
  const entry = entries.find((one) => one.resource.id === 'seen');
  assert.deepEqual(entry.action, { info: 'gateway updated', result: true, type: 'update' });
  assert.equal(entry.actor.email, 'configuration');
  assert.equal(entry.actor.ip, '127.0.0.1');
  assert.equal(entry.interface, 'API');
  assert.equal(entry.oldValueJson.cache_ttl, 0);
  assert.equal(entry.newValueJson.cache_ttl, 5);
  assert.equal(entry.owner.id, 'acc');
  const everything = JSON.stringify(await all(client.auditLogs.list({ ...account, per_page: 100 })));
  assert.ok(!everything.includes('hidden-value'));
  assert.ok(!everything.includes('sk-live-abcdefghij'));
});
