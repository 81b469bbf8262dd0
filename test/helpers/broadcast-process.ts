import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** A server in another process, whose `broadcast` goes through rooms; it ends with the test. */
export interface BroadcastProcess {
  /** Connections of `/red` and the like are in the group of that name. */
  readonly url: string;
  /** Has it send a text to everybody, to a group, or to those of a path by a filter; resolves with what `broadcast` returned. */
  broadcast(text: string, to?: { group?: string; path?: string }): Promise<number>;
}

/** @param place the folder of LMDB, or the address of Redis */
export async function startBroadcastProcess(t: ExecutionContext, place: string): Promise<BroadcastProcess> {
  const script = fileURLToPath(new URL('broadcast-child.ts', import.meta.url));
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, ['--import=tsx', script, place], { stdio: [...stdio] });
  t.teardown(async () => {
    const exited = once(child, 'exit');
    if (child.kill('SIGKILL')) await exited;
  });
  const [port] = await once(child, 'message');
  return {
    url: `ws://127.0.0.1:${port}`,
    broadcast: async (text, to = {}) => {
      const answered = once(child, 'message');
      child.send({ text, ...to });
      return (await answered)[0] as number;
    },
  };
}
