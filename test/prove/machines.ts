import { startNginx } from '../helpers/nginx.ts';
import { RedisProcess } from '../helpers/redis.ts';
import type { Scope } from '../helpers/scope.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { until } from '../helpers/until.ts';
import { Cable } from './cable.ts';
import { startProgram } from './site.ts';

/** A process with an address and a data folder of its own, as on a machine of its own; all that it says goes over cables. */
interface Machine {
  restart(): Promise<void>;
  /** What `/readyz` answers on the machine itself. */
  ready(): Promise<number>;
  /** Nothing goes in or out. */
  cut(): void;
  mend(): void;
}

export interface Machines {
  /** `wss://…/` of Nginx. */
  url: string;
  machines: readonly [Machine, Machine];
}

/** What docs/durability.md asks for where nothing may be lost. */
const DURABLE = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];

/** Redis that acknowledges what is on its disk; undefined where it is missing, which was said then. */
export async function startDurableRedis(t: Scope, args: readonly string[] = []): Promise<RedisProcess | undefined> {
  if (missing(t, redisServer)) return undefined;
  const redis = new RedisProcess();
  t.teardown(() => redis.end());
  return redis.start([...DURABLE, ...args]);
}

/**
 * Two machines on one Redis, behind one Nginx: as docs/scale.md sets them up. Undefined where there is no Nginx.
 * @param port where Redis, or the sentinel, listens on 127.0.0.1
 * @param urlOf the machine's REDIS_URL, where that is at another port
 */
export async function startMachines(
  t: Scope,
  port: number,
  urlOf = (at: number) => `redis://127.0.0.1:${at}`,
): Promise<Machines | undefined> {
  const first = await startMachine(t, '127.0.2.1', port, urlOf);
  const second = await startMachine(t, '127.0.2.2', port, urlOf);
  const nginx = await startNginx(t, { upstream: [first.place, second.place] });
  return nginx && { url: nginx.wss, machines: [first, second] };
}

async function startMachine(t: Scope, host: string, port: number, urlOf: (at: number) => string) {
  const toRedis = new Cable(port);
  t.teardown(() => toRedis.close());
  const env = { HOST: host, REDIS_URL: urlOf(await toRedis.listen()), DURABILITY: 'flush', TRUST_PROXY: 'loopback' };
  const program = await startProgram(t, env);
  const toNginx = new Cable(program.port, { host, refuses: true });
  t.teardown(() => toNginx.close());
  const ready = async () => (await fetch(`http://${host}:${program.port}/readyz`)).status;
  await until(async () => (await ready()) === 200);
  return {
    place: `127.0.0.1:${await toNginx.listen()}`,
    restart: program.restart,
    ready,
    cut() {
      toRedis.cut();
      toNginx.cut();
    },
    mend() {
      toRedis.mend();
      toNginx.mend();
    },
  };
}
