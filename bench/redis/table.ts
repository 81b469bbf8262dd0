import { median } from '../median.ts';
import type { Series } from '../rounds.ts';
import { number, table } from '../table.ts';
import type { RedisSample } from './rows.ts';
import type { RedisResult } from './run.ts';
import { redisVersion } from './site.ts';

/** A line for each setup of each row. */
export function redisTable(results: readonly RedisResult[]): string {
  const lines = results.flatMap(({ row, setups, series }) =>
    setups.map(({ id, label }) => {
      const of = (key: keyof RedisSample) =>
        number(median((series.get(id)?.samples ?? []).map((sample) => sample[key])));
      return [row.label, label, of('perSecond'), of('cpu'), of('redis')];
    }),
  );
  return table(['', '', 'in a second', 'server, µs', 'Redis, µs'], lines);
}

/** The figures to reach: what Redis costs beside LMDB, and how much more two processes do than one. */
function targetsTable(results: readonly RedisResult[]): string {
  const lines = results.map(({ row, series }) => {
    const [lmdb, one, two] = ['lmdb', 'one', 'two'].map((id) => series.get(id));
    const dearer = median(ratios(one, lmdb));
    const more = median(ratios(one, two).map((ratio) => 2 * ratio));
    return [
      row.label,
      number(dearer),
      row.id === 'publish' ? '–' : judged('≤ 1.15', dearer, (value) => value <= 1.15),
      number(more),
      judged('≥ 1.7', more, (value) => value >= 1.7),
    ];
  });
  return table(['', 'Redis to LMDB', 'target', 'two processes to one', 'target'], lines);
}

/** Of the same round: the machine's mood was the same. */
function ratios(above: Series<RedisSample> | undefined, below: Series<RedisSample> | undefined): number[] {
  return (above?.samples ?? []).flatMap(({ cpu }, i) => {
    const other = below?.samples[i]?.cpu;
    return other === undefined ? [] : [cpu / other];
  });
}

function judged(wanted: string, value: number | undefined, holds: (value: number) => boolean): string {
  if (value === undefined) return wanted;
  return `${wanted}, ${holds(value) ? 'held' : '**not held**'}`;
}

/** For the terminal. */
export function redisTables(results: readonly RedisResult[]): string {
  return `${redisTable(results)}\n\n${targetsTable(results)}`;
}

/** The part of docs/bench.md about Redis. */
export function redisSection(results: readonly RedisResult[]): string {
  return `
## Rooms on Redis

Redis ${redisVersion} with \`appendonly yes\` and \`appendfsync everysec\`, where nothing else is said. The server's processes share core 0; Redis and the load share core 1, so that what is done in a
second is no upper bound. Beside it Socket.IO with \`@socket.io/redis-streams-adapter\` and its connection state recovery. The text is 64 B. The program publishes with a key, and acknowledges what Redis
has; Socket.IO acknowledges at once. The publisher is at the first process, the subscribers are spread evenly over all. CPU of the server is that of all processes together.

${redisTable(results)}

*Redis to LMDB* is the server's CPU of the one divided by that of the other; *two processes to one* is how much more they do with the CPU of two than one with its own: 2 × CPU of one / CPU of two together.
Each is the median of the ratios of the rounds, of which these rows have five.

${targetsTable(results)}
`;
}
