import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { root } from '../helpers/program.ts';
import { fileLimit, many, startVictim, upgrade } from './victim.ts';

const IDLE = 10_000;
/** Files that the two processes have open beside their sockets. */
const OTHER_FILES = 500;

test('holds 10,000 idle connections in little memory', async (t) => {
  const count = Math.min(IDLE, fileLimit() - OTHER_FILES);
  if (count < IDLE) t.log(`SCALED DOWN to ${count}: the limit of open files (ulimit -Hn) is ${fileLimit()}`);
  // The attackers answer no ping, and on a busy machine their handshakes take long.
  const victim = await startVictim(t, { PING_INTERVAL: '1h' });
  const before = victim.memory();
  const attackers = await many(count, () => upgrade(t, victim.port));
  t.is(await victim.connections(), count);
  t.log(`${(((victim.memory() - before) * 1024) / count).toFixed(1)} KiB each`);
  for (const { socket } of attackers) socket.destroy();
  await victim.unharmed(200);
});

/** A process with many connections that are open and silent; stopped, it does not even answer a ping. */
async function startSilent(t: ExecutionContext, url: string, count: number): Promise<ChildProcess> {
  const script = `
    const { WebSocket } = require('ws');
    let open = 0;
    for (let i = 0; i < ${count}; i++) {
      new WebSocket('${url}').on('open', () => ++open === ${count} && console.log('open'));
    }`;
  const child = spawn(process.execPath, ['-e', script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('finds 200 peers that are cut off and not closed, and frees what they had', async (t) => {
  const victim = await startVictim(t, { PING_INTERVAL: '500ms', PING_TIMEOUT: '1s' });
  const child = await startSilent(t, `${victim.ws}broadcast`, 200);
  t.is(await victim.connections(), 200);
  child.kill('SIGSTOP');
  await victim.unharmed(60);
  t.deepEqual(victim.closeCodes()['1006'], 200);
});
