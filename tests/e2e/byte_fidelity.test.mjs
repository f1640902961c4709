// What a client sends is what the provider gets, byte for byte, but for the model and `params`; and the same on the way back.

import assert from 'node:assert/strict';
import { chunkJson, completionBody, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { ask, assertOpenAiError, fixture, model, outputs, route, test } from './harness.mjs';

const { upstream, gateway } = await fixture({
  routes: [
    route('pass', [model('m', 'echo')]),
    route('params', [model('m', 'echo', { params: { temperature: 0, stop: ['a', 'b'], note: 'new' } })]),
    route('twice', [model('m', 'fail:503', { retries: 1, retryDelay: 1, fallback: 'n' }), model('n', 'echo')]),
    route('reads-user', [
      { id: 'c', type: 'conditional', properties: { conditions: { 'body.user': 'x' } }, outputs: outputs({ true: 'm', false: 'n' }) },
      model('m', 'echo'),
      model('n', 'other'),
    ]),
  ],
});

/** Sends a body's text and gives the bytes that the model `echo` then received. */
async function received(text) {
  const count = upstream.requests.length;
  const response = await gateway.chat(Buffer.from(text));
  assert.equal(response.status, 200, response.text);
  assert.equal(upstream.requests.length, count + 1);
  return upstream.requests.at(-1).body;
}

const P = '"dynamic/pass"';
const bodies = [
  ['odd spacing', `{ "model"\t:\n ${P} ,"messages" :[ ] }  `],
  ['leading and trailing white space', `\r\n \t{"model":${P}}\r\n\n`],
  ['number spellings', `{"model":${P},"temperature":1e0,"top_p":1.0,"seed":12345678901234567890,"x":-0.0,"y":1E+2,"z":0.10}`],
  ['unicode escapes', `{"model":${P},"messages":[{"role":"user","content":"\\u00e9 é \\ud83d\\ude00 😀 \\/ / \\u0041"}]}`],
  ['a lone surrogate escape in a string that nobody reads', `{"model":${P},"messages":[{"role":"user","content":"\\ud800"}]}`],
  ['the order of keys', `{"z":1,"a":2,"model":${P},"m":3,"b":4}`],
  ['the model first', `{"model":${P},"messages":[]}`],
  ['the model last', `{"messages":[],"model":${P}}`],
  ['the model alone', `{"model":${P}}`],
  ['duplicate keys in the depth', `{"model":${P},"metadata":{"a":1,"a":2,"model":"x","model":"y"}}`],
  ['duplicate keys at the top that nobody reads', `{"model":${P},"user":"a","user":"b"}`],
  ['keys named model in the depth', `{"tools":[{"model":"dynamic/none"}],"a":{"model":"no"},"model":${P}}`],
  ['the model text in a message', `{"messages":[{"content":"\\"model\\":\\"dynamic/pass\\""}],"model":${P}}`],
  ['unknown fields', `{"model":${P},"not_openai":{"deep":[[[{"a":null}]]],"t":true}}`],
  ['escaped quotes, backslashes and braces in strings', `{"a":"\\\\","b":"\\"}{][","model":${P},"c":"\\\\\\""}`],
  ['empty strings, objects and arrays', `{"":"","model":${P},"o":{},"a":[],"n":null}`],
  ['nesting 200 deep', `{"model":${P},"deep":${'['.repeat(200)}${']'.repeat(200)}}`],
  ['300 KB of text', `{"model":${P},"messages":[{"role":"user","content":"${'lorem ipsum é '.repeat(20000)}"}]}`],
];
for (const [what, text] of bodies) {
  test(`R36: the body keeps its bytes: ${what}`, async () => {
    assert.equal((await received(text)).toString(), text.replace(P, '"echo"'));
  });
}

test('R36: a key spelt "mod\\u0065l" is the model, and only its value changes', async () => {
  assert.equal((await received(`{"mod\\u0065l":${P},"a":1}`)).toString(), '{"mod\\u0065l":"echo","a":1}');
});

test('R36: a model value with escapes names the same route', async () => {
  assert.equal((await received('{"model":"dyn\\u0061mic\\/pass","a":1}')).toString(), '{"model":"echo","a":1}');
});

test('R36: a direct call loses its provider prefix, at the first slash only', async () => {
  assert.equal((await received('{"a": 1, "model": "up/echo"}')).toString(), '{"a": 1, "model": "echo"}');
  assert.equal((await received('{"model": "up/org/name"}')).toString(), '{"model": "org/name"}');
});

const twice = [
  ['model', `{"model":${P},"model":${P}}`],
  ['model', `{"model":${P},"mod\\u0065l":"up/echo"}`],
  ['stream', `{"model":${P},"stream":false,"stream":true}`],
  ['temperature', '{"model":"dynamic/params","temperature":1,"temperature":2}'],
  ['user', '{"model":"dynamic/reads-user","user":"x","user":"y"}'],
];
for (const [key, text] of twice) {
  test(`R36: a top-level key that is read or rewritten may not come twice: ${text}`, async () => {
    const count = upstream.requests.length;
    assertOpenAiError(await gateway.chat(text), 400, { message: new RegExp(key) });
    assert.equal(upstream.requests.length, count, 'nothing went upstream');
  });
}

test('R19: params replace and add keys, and everything else keeps its bytes', async () => {
  const text = '{"model":"dynamic/params", "top_p":1e0,"temperature": 0.70 ,"messages":[ {"role":"user","content":"\\u00e9"} ]}';
  const body = (await received(text)).toString();
  assert.deepEqual(JSON.parse(body), {
    model: 'echo',
    top_p: 1,
    temperature: 0,
    messages: [{ role: 'user', content: 'é' }],
    stop: ['a', 'b'],
    note: 'new',
  });
  for (const kept of ['"top_p":1e0', '"messages":[ {"role":"user","content":"\\u00e9"} ]']) assert.ok(body.includes(kept), body);
});

test('R19: params on a body that holds nothing but the model', async () => {
  const body = await received('{"model":"dynamic/params"}');
  assert.deepEqual(JSON.parse(body), { model: 'echo', temperature: 0, stop: ['a', 'b'], note: 'new' });
});

test('R22: each attempt gets the same bytes, with its own model', async () => {
  const text = '{ "messages": [], "model": "dynamic/twice", "n": 1.0 }';
  const count = upstream.requests.length;
  assert.equal((await gateway.chat(text)).status, 200);
  assert.deepEqual(
    upstream.requests.slice(count).map((request) => request.text),
    ['fail:503', 'fail:503', 'echo'].map((name) => text.replace('dynamic/twice', name)),
  );
});

test('a body of 12 MiB goes up unchanged', async () => {
  const text = `{"filler":"${'x'.repeat(12 << 20)}","model":${P}}`;
  assert.ok((await received(text)).equals(Buffer.from(text.replace(P, '"echo"'))));
});

// ------------------------------------------------------------------------------------------------ the way back

const replies = [
  ['odd spacing and numbers', '{ "id" : "x",\n"choices":[ ], "n":1e0 , "u":"\\u00e9" }\n'],
  ['fields that nobody knows', completionBody('echo', 'hi', { x_groq: { id: 'a' }, reasoning: [1.0, null] })],
  ['4 MiB of text', completionBody('echo', 'é'.repeat(2 << 20))],
];
for (const [what, text] of replies) {
  test(`an answer comes back byte for byte: ${what}`, async () => {
    upstream.on('reply', (wire) => wire.answer(200, text));
    const response = await gateway.chat(ask('up/reply'));
    assert.ok(response.complete);
    assert.ok(response.body.equals(Buffer.from(text)));
  });
}

const PLAIN = streamEvents('s', { tokens: ['a', 'é😀', 'c'] });
const whole = PLAIN.join('');
const bytesOf = (text) => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
const emoji = Buffer.from(whole).indexOf(Buffer.from('😀'));
const streams = [
  ['one event a packet', PLAIN],
  ['all events in one packet', [whole]],
  ['one packet a byte', bytesOf(whole)],
  ['a packet that ends in the middle of a character', [Buffer.from(whole).subarray(0, emoji + 2), Buffer.from(whole).subarray(emoji + 2)]],
  ['an event cut between its two line ends', [whole.slice(0, PLAIN[0].length - 1), whole.slice(PLAIN[0].length - 1)]],
  ['CRLF line ends', streamEvents('s', { eol: '\r\n' })],
  ['CRLF line ends, one packet a byte', bytesOf(streamEvents('s', { eol: '\r\n' }).join(''))],
  ['comments', streamEvents('s', { comments: true })],
  ['a usage chunk', streamEvents('s', { usage: true })],
  ['no space after "data:"', PLAIN.map((event) => event.replace('data: ', 'data:'))],
  ['event, id and retry lines', ['retry: 1000\n\n', ...PLAIN.map((event, index) => `event: message\nid: ${index}\n${event}`)]],
  ['events with unusual JSON', [`data: { "choices" : [ { "delta":{"content":"\\u00e9"} } ],"n":1e0 }\n\n`, ...PLAIN]],
  ['an event of 1 MiB', streamEvents('s', { tokens: ['x'.repeat(1 << 20), 'y'] })],
  ['2,000 events', streamEvents('s', { tokens: 2000 })],
  ['reasoning and refusal deltas', [`data: ${chunkJson('s', { reasoning_content: 'hm' })}\n\n`, ...PLAIN]],
];
for (const [what, pieces] of streams) {
  test(`a stream is forwarded byte for byte: ${what}`, async () => {
    upstream.on('s', streamPieces(pieces));
    const response = await gateway.chat(ask('up/s', { stream: true }));
    assert.equal(response.status, 200);
    assert.match(response.header('content-type'), /^text\/event-stream/);
    assert.ok(response.complete);
    assert.equal(response.text, Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString());
  });
}
