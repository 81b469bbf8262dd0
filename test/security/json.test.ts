import test from 'ava';
import { startGuardedSite } from '../helpers/guarded-site.ts';
import { startProgram } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';
import { tokenWith } from '../helpers/tokens.ts';

test('names of the prototype in a message change nothing but that message', async (t) => {
  const { ws } = await startGuardedSite(t, {});
  const client = await speak(t, `${ws}/rooms/lobby`);
  await client.nextOf('welcome');
  const names =
    '"__proto__":{"polluted":true,"type":"ping"},"constructor":{"prototype":{"polluted":true}},"toString":1';
  client.send(`{"type":"publish","text":"x","key":"__proto__",${names}}`);
  t.is((await client.nextOf('event')).text, 'x');
  t.is((await client.nextOf('ack')).key, '__proto__');
  for (const type of ['__proto__', 'constructor', 'toString']) {
    client.send(`{"type":"${type}",${names}}`);
    t.is((await client.nextOf('error')).code, 'bad_message');
  }
  client.send(`{${names}}`);
  t.is((await client.nextOf('error')).code, 'bad_message');
  t.false('polluted' in {});
});

test('names of the prototype in a token give no right', async (t) => {
  const { ws, url } = await startGuardedSite(t);
  const rooms = JSON.parse('{"__proto__":["read","publish"]}');
  const token = await tokenWith({ rooms });
  const status = async (room: string) => (await fetch(`${url}/rooms/${room}/events?token=${token}`)).status;
  t.is(await status('lobby'), 403);
  t.is(await status('constructor'), 403);
  // A room like any other.
  t.is(await status('__proto__'), 200);
  const client = await speak(t, `${ws}/rooms/__proto__?token=${token}`);
  t.is((await client.nextOf('welcome')).room, '__proto__');
});

test('JSON that is as deep as a message can be costs its sender an error or nothing', async (t) => {
  const { ws } = await startProgram(t);
  const client = await speak(t, `${ws}rooms/lobby`);
  await client.nextOf('welcome');
  const depth = 500_000;
  const deep = '['.repeat(depth) + ']'.repeat(depth);
  for (const [text, code] of [
    ['['.repeat(depth), 'bad_message'],
    [deep, 'bad_message'],
    [`{"type":${deep}}`, 'bad_message'],
    [`{"type":"publish","text":${deep}}`, 'bad_message'],
    [`{"type":"publish","text":"x","key":${deep}}`, 'bad_key'],
    [`{"type":"auth","token":${deep}}`, 'bad_message'],
    [`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'bad_message'],
  ] as const) {
    client.send(text);
    t.is((await client.nextOf('error')).code, code, text.slice(0, 30));
  }
  client.send(`{"type":"publish","text":"x","more":${deep}}`);
  t.is((await client.nextOf('event')).text, 'x');
});

test('a token whose claims are deep is an answer like any other', async (t) => {
  const { url } = await startGuardedSite(t);
  const deep = JSON.parse('['.repeat(1500) + ']'.repeat(1500));
  const token = await tokenWith({ deep, rooms: { lobby: ['read'] } });
  t.is((await fetch(`${url}/rooms/lobby/events?token=${token}`)).status, 200);
  const wrong = await tokenWith({ rooms: { lobby: deep } });
  t.is((await fetch(`${url}/rooms/lobby/events?token=${wrong}`)).status, 401);
});
