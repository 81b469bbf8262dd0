import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from '../helpers/scope.ts';
import { Cable } from './cable.ts';
import { Crowd } from './crowd.ts';
import { crowdOf, type Disaster, gather } from './disaster.ts';
import { startDeployment, startProgram } from './site.ts';

/** One machine, with its rooms in DATA_DIR. */
export const disasters: readonly Disaster[] = [
  {
    id: 'kill',
    title: 'kill -9 of the server, at random moments',
    async strike(t, scale) {
      const site = await startProgram(t);
      const crowd = await gather(t, site.url, crowdOf(scale));
      for (let i = 0; i < scale.kills; i++) {
        await delay(Math.random() * 500);
        const blow = Date.now();
        await site.kill();
        await crowd.back(blow);
      }
      return crowd;
    },
  },
  ...[1, 2].map(
    (instances): Disaster => ({
      id: `reload-${instances}`,
      title: `pm2 reload, ${instances} ${instances === 1 ? 'instance' : 'instances'}, behind Nginx`,
      async strike(t, scale) {
        const site = await startDeployment(t, instances);
        if (!site) return undefined;
        const crowd = await gather(t, site.url, crowdOf(scale));
        for (let i = 0; i < scale.reloads; i++) {
          const blow = Date.now();
          await site.reload();
          await crowd.back(blow);
          await crowd.flow();
        }
        return crowd;
      },
    }),
  ),
  {
    id: 'nginx',
    title: 'nginx -s reload',
    async strike(t, scale) {
      const site = await startDeployment(t, 1);
      if (!site) return undefined;
      const crowd = await gather(t, site.url, crowdOf(scale));
      for (let i = 0; i < scale.reloads; i++) {
        const blow = Date.now();
        await site.reloadNginx();
        await crowd.back(blow);
        await crowd.flow();
      }
      return crowd;
    },
  },
  {
    id: 'cut',
    title: 'the network of half the clients is cut',
    async strike(t, scale) {
      const site = await startProgram(t);
      const cable = new Cable(site.port);
      const far = `ws://127.0.0.1:${await cable.listen()}/`;
      t.teardown(() => cable.close());
      const crowd = await gather(t, site.url, { ...crowdOf(scale), addressOf: (i) => (i % 2 ? far : site.url) });
      cable.cut();
      await delay(scale.seconds * 1000);
      cable.mend();
      await crowd.back(Date.now());
      return crowd;
    },
  },
  {
    id: 'stopped',
    title: 'readers that are stopped (SIGSTOP)',
    async strike(t, scale) {
      const site = await startProgram(t);
      // Enough that it does not fit into the buffers of the kernel.
      const crowd = new Crowd(site.url, { readers: 20, rooms: 1, publishers: 5, interval: 25, size: 8_000 });
      t.teardown(() => crowd.end());
      const stopped = await startStoppable(t, `${site.url}rooms/room-0`, 20);
      await crowd.start();
      stopped.pause();
      await delay(scale.seconds * 1000);
      const blow = Date.now();
      stopped.resume();
      await Promise.all(crowd.publishers.map((publisher) => publisher.stop()));
      const head = Math.max(...crowd.ledger.room('room-0').acknowledged.values());
      for (const lines of await stopped.upTo(head)) crowd.ledger.room('room-0').readers.push(lines);
      await crowd.back(blow);
      return crowd;
    },
  },
  {
    id: 'sse',
    title: 'readers go from WebSocket to SSE and back',
    async strike(t, scale) {
      const site = await startProgram(t);
      const crowd = await gather(t, site.url, crowdOf(scale));
      for (const transport of ['sse', 'websocket', 'sse', 'websocket'] as const) {
        const blow = Date.now();
        for (const reader of crowd.readers) reader.switchTo(transport);
        await crowd.back(blow);
        await crowd.flow();
      }
      return crowd;
    },
  },
  {
    id: 'twice',
    title: 'publishers send every line twice, through three kills',
    async strike(t, scale) {
      const site = await startProgram(t);
      const crowd = await gather(t, site.url, { ...crowdOf(scale), twice: true });
      for (let i = 0; i < Math.min(3, scale.kills); i++) {
        await crowd.flow();
        const blow = Date.now();
        await site.kill();
        await crowd.back(blow);
      }
      if (crowd.publishers.every(({ duplicates }) => duplicates === 0))
        throw new Error('no duplicate was acknowledged');
      return crowd;
    },
  },
  {
    id: 'full',
    title: 'the disk is full, then has room again',
    async strike(t, scale) {
      const folder = mountSmallDisk(t);
      if (folder === undefined) return undefined;
      const site = await startProgram(t, { DATA_DIR: join(folder, 'data') });
      const crowd = await gather(t, site.url, { ...crowdOf(scale), size: 2_000 });
      const empty = fill(folder);
      await refused(crowd);
      await delay(scale.seconds * 100);
      const blow = Date.now();
      empty();
      await crowd.flow();
      await crowd.back(blow);
      return crowd;
    },
  },
];

/** Waits until publishers are told that nothing can be stored. */
async function refused(crowd: Crowd): Promise<void> {
  const end = Date.now() + 60_000;
  while (!crowd.publishers.some(({ errors }) => errors.unavailable)) {
    if (Date.now() > end) throw new Error('the disk is full, and nobody was told `unavailable` within 60 s');
    await delay(50);
  }
}

interface Stoppable {
  pause(): void;
  resume(): void;
  /** What each reader was given, once all have the event at `offset`. */
  upTo(offset: number): Promise<{ offset: number; text: string }[][]>;
}

/** Readers in a process of their own; they connect before this resolves. */
async function startStoppable(t: Scope, url: string, count: number): Promise<Stoppable> {
  const script = join(import.meta.dirname, 'stoppable.ts');
  const child = spawn(process.execPath, ['--import=tsx', script, url, String(count)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(() => {
    child.kill('SIGKILL');
    return exited;
  });
  const message = <T>() => new Promise<T>((resolve) => child.once('message', (value) => resolve(value as T)));
  await message();
  return {
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async upTo(offset) {
      child.send(offset);
      return message();
    },
  };
}

const SMALL_DISK_MIB = 48;

/** A file system of its own, in memory; undefined where that takes rights that we lack. */
function mountSmallDisk(t: Scope): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'text-event-disk-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (process.getuid?.() !== 0) {
    t.log('a small disk needs root: mount -t tmpfs');
    return undefined;
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_MIB}m`, 'tmpfs', folder]);
  t.teardown(() => execFileSync('umount', ['--lazy', folder]));
  return folder;
}

/** Takes all the room that a file system has left; returns what gives it back. */
function fill(folder: string): () => void {
  const path = join(folder, 'ballast');
  const file = openSync(path, 'w');
  for (const size of [64 * 1024, 512]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(file);
  return () => rmSync(path);
}
