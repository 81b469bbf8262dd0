import test from 'ava';
import { WebSocket } from 'ws';
import { join, TextConnection } from '../../client/src/index.ts';
import { startProgram } from '../helpers/program.ts';
import { until } from '../helpers/server.ts';

test('a program that is told to stop says when to come back, and both kinds of connections obey', async (t) => {
  const program = await startProgram(t);
  const room = join(program.ws, 'lobby', { WebSocket });
  const line = new TextConnection(`${program.ws}echo`, { WebSocket });
  t.teardown(() => [room.close(), line.close()]);
  line.connect();
  await until(() => room.state.name === 'open' && line.state.name === 'open');
  await program.stop();
  for (const { state } of [room, line]) {
    t.like(state, { name: 'waiting', code: 1012 });
    t.regex(state.name === 'waiting' ? state.reason : '', /^service restart; retry after \d+ ms$/);
  }
});
