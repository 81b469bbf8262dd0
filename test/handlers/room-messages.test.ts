import test from 'ava';
import { start } from './room-server.ts';

for (const [what, text, expected] of [
  ['no JSON', 'hello', /^the message: got a text that is no JSON, expected a JSON object$/],
  ['an array', '[1]', /got an array, expected a JSON object/],
  ['null', 'null', /got null, expected a JSON object/],
  ['no type', '{}', /^type: got nothing, expected "publish", "ping" or "auth"$/],
  ['an unknown type', '{"type":"shout"}', /got "shout", expected "publish", "ping" or "auth"/],
  ['a long type', JSON.stringify({ type: 'x'.repeat(100_000) }), /got a string of 100000 characters/],
  ['no text', '{"type":"publish"}', /^text: got nothing, expected a string$/],
  ['a number for a text', '{"type":"publish","text":5}', /^text: got the number 5, expected a string$/],
  ['deep JSON', '['.repeat(200_000), /no JSON/],
  ['deep JSON that is whole', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, /got an array/],
  ['deep JSON for a text', `{"type":"publish","text":${'['.repeat(9999)}${']'.repeat(9999)}}`, /text: got an array/],
] as const) {
  test(`bad_message, and the connection goes on: ${what}`, async (t) => {
    const { json } = await start(t);
    const client = await json('r');
    await client.nextOf('welcome');
    client.send(text);
    const error = await client.nextOf('error');
    t.like(error, { code: 'bad_message', retryable: false });
    t.regex(error.message, expected);
    client.say({ type: 'ping' });
    t.deepEqual(await client.nextOf('pong'), { type: 'pong' });
  });
}

for (const [what, key] of [
  ['empty', ''],
  ['too long', 'k'.repeat(65)],
  ['not ASCII', '钥匙'],
  ['with a control', 'a\nb'],
  ['a number', 5],
] as const) {
  test(`bad_key: ${what}`, async (t) => {
    const { json } = await start(t);
    const client = await json('r');
    await client.nextOf('welcome');
    client.say({ type: 'publish', text: 'x', key });
    const error = await client.nextOf('error');
    t.like(error, { code: 'bad_key', retryable: false });
    t.regex(error.message, /^key: got .*, expected 1 to 64 characters of printable ASCII$/);
    t.false('key' in error);
  });
}

test('an error names the key of its publication, and unknown members are ignored', async (t) => {
  const { json } = await start(t);
  const client = await json('r');
  await client.nextOf('welcome');
  client.say({ type: 'publish', key: 'k', text: null });
  t.like(await client.nextOf('error'), { code: 'bad_message', key: 'k' });
  client.send('{"type":"publish","text":"x","key":"k","__proto__":{"text":1},"more":[1]}');
  await client.nextOf('event');
  t.like(await client.nextOf('ack'), { key: 'k' });
});

test('half of a surrogate pair is U+FFFD for everyone, now and later', async (t) => {
  const { json } = await start(t);
  const client = await json('r');
  const { position } = await client.nextOf('welcome');
  client.send('{"type":"publish","text":"a\\ud800b"}');
  t.is((await client.nextOf('event')).text, 'a\ufffdb');
  const late = await json(`r?after=${position}`);
  await late.nextOf('welcome');
  t.is((await late.nextOf('event')).text, 'a\ufffdb');
});
