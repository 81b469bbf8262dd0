import type { Contender } from '../contenders.ts';
import { runRounds, type Series } from '../rounds.ts';
import { type RedisRow, type RedisSample, redisRows, sampleRow } from './rows.ts';
import { type Setup, setups } from './setups.ts';
import { redisVersion } from './site.ts';

/** Their ratios wander more than those of others: so many, unless one is enough. */
const ROUNDS = 5;
const MAX_SECONDS = 1.5;
const READERS = [100, 1000];

export interface RedisResult {
  row: RedisRow;
  setups: readonly Setup[];
  series: Map<string, Series<RedisSample>>;
}

export interface RedisRun {
  rounds: number;
  seconds: number;
  contenders: readonly Pick<Contender, 'id'>[];
  /** @default 100 and 1,000 */
  readers?: readonly number[];
}

/** Nothing, and a line that says so, where there is no Redis. */
export async function measureRedis({
  rounds,
  seconds,
  contenders,
  readers = READERS,
}: RedisRun): Promise<RedisResult[]> {
  const some = setups.filter(({ contender }) => contenders.some(({ id }) => id === contender));
  if (some.length === 0) return [];
  if (redisVersion === undefined) {
    process.stdout.write('redis-server is not installed: the rows of Redis are left out\n');
    return [];
  }
  const results: RedisResult[] = [];
  for (const row of redisRows(readers)) {
    const who = some.filter(({ id }) => !row.without.includes(id));
    const trial = {
      label: `redis, ${row.id}`,
      sample: (setup: Setup) => sampleRow(row, setup, Math.min(seconds, MAX_SECONDS)),
      show: ({ perSecond, cpu, redis }: RedisSample) =>
        `${Math.round(perSecond)} a second, ${cpu.toFixed(2)} µs, Redis ${redis.toFixed(2)} µs`,
    };
    const [series] = await runRounds(rounds === 1 ? 1 : ROUNDS, [trial], who);
    results.push({ row, setups: who, series: series as Map<string, Series<RedisSample>> });
  }
  return results;
}
