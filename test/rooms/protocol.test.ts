import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Visitor } from '../../src/handlers/visitor.ts';
import { room } from '../../src/index.ts';
import { MemoryLog } from '../../src/rooms/memory/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { roomErrors, SUBPROTOCOL } from '../../src/rooms/protocol.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { root } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';
import { startServer } from '../helpers/server.ts';
import { clientMessageNames, messageNames, messageSchemas } from './message-schemas.ts';

const api = parse(readFileSync(join(root, 'docs/asyncapi.yaml'), 'utf8'));
const prose = readFileSync(join(root, 'docs/protocol.md'), 'utf8');

/** What a schema says of names, types, bounds and what must be there. */
function bare(schema: object): unknown {
  const leaveOut = new Set(['$schema', 'additionalProperties', 'description', 'readOnly', 'summary']);
  return JSON.parse(JSON.stringify(schema, (key, value) => (leaveOut.has(key) ? undefined : value)));
}

test('the AsyncAPI document has the messages of the code and no others, each way', (t) => {
  const names = [...messageNames].sort();
  const last = ({ $ref }: { $ref: string }) => $ref.split('/').at(-1) ?? '';
  t.deepEqual(Object.keys(api.components.messages).sort(), names);
  t.deepEqual(Object.keys(api.channels.room.messages).sort(), names);
  const { fromClient, fromServer } = api.operations;
  t.deepEqual(fromClient.messages.map(last).sort(), [...clientMessageNames].sort());
  t.deepEqual(
    fromServer.messages.map(last).sort(),
    names.filter((name) => !clientMessageNames.includes(name)),
  );
  t.is(api.channels.room.bindings.ws.headers.properties['Sec-WebSocket-Protocol'].const, SUBPROTOCOL);
});

for (const name of messageNames) {
  test(`the AsyncAPI document says of ${name} what the code does`, (t) => {
    t.deepEqual(bare(api.components.messages[name].payload), bare(z.toJSONSchema(messageSchemas[name])));
  });

  test(`the prose shows ${name} as it is`, (t) => {
    const examples = [...prose.matchAll(/```json\n(.*?)\n```/gs)].map(([, json]) => JSON.parse(json ?? ''));
    const example = examples.find(({ type }) => type === name);
    t.truthy(example);
    t.notThrows(() => messageSchemas[name].parse(example));
    t.true(prose.includes(`**${name}**`));
  });
}

test('the prose has a row for each error code, and says whether to try again', (t) => {
  const rows = [...prose.matchAll(/^\| `(\w+)` \| (yes|no) \|/gm)].map(([, code, retryable]) => [code, retryable]);
  t.deepEqual(
    rows,
    Object.entries(roomErrors).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']),
  );
});

test('each message that a server really sends is one that is described', async (t) => {
  const rooms = new Rooms(new MemoryLog({ maxEvents: 3 }), new MemoryPresence({ grace: 0 }));
  const visitor: Visitor = {
    name: undefined,
    expires: undefined,
    problem: () => undefined,
    renew: async () => new Date(0),
  };
  const handler = room({ rooms, visitorOf: () => visitor });
  const { server, url } = await startServer(t, { routes: { '/rooms/:room': handler } });
  const { epoch } = await rooms.head('r');
  for (let i = 0; i < 9; i++) await rooms.publish('r', { from: 'a', text: `${i}` });
  const sent = new Set<string>();
  const take = async ({ next }: { next(): Promise<string> }, type: string) => {
    for (;;) {
      const message = JSON.parse(await next());
      sent.add(message.type);
      t.notThrows(() => messageSchemas[message.type as 'event'].parse(message), JSON.stringify(message));
      if (message.type === type) return;
    }
  };
  const a = await speak(t, `${url}/rooms/r?after=${epoch}:1`);
  await take(a, 'event');
  a.say({ type: 'publish', text: 'x', key: 'k' });
  await take(a, 'ack');
  a.say({ type: 'publish', text: 'x' });
  await take(a, 'ack');
  a.say({ type: 'publish', key: 'k' });
  await take(a, 'error');
  a.say({ type: 'ping' });
  await take(a, 'pong');
  a.say({ type: 'auth', token: 'x' });
  await take(a, 'renewed');
  const b = await speak(t, `${url}/rooms/r?after=other:1`);
  await take(b, 'reset');
  await take(a, 'join');
  b.socket.close();
  await take(a, 'leave');
  const stopped = server.shutdown(1000);
  await take(a, 'reconnect');
  await stopped;
  t.deepEqual([...sent].sort(), messageNames.filter((name) => !clientMessageNames.includes(name)).sort());
});
