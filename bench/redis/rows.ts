import type { RoomTask } from '../rooms/load/task.ts';
import type { Setup } from './setups.ts';
import { loadSite } from './site.ts';

/** What a measurement found. Times are microseconds of CPU for each message. */
export interface RedisSample {
  perSecond: number;
  /** Of all processes of the server together. */
  cpu: number;
  /** Of Redis; 0 without. */
  redis: number;
}

export interface RedisRow {
  id: string;
  label: string;
  /** Setups that are left out, by their names. */
  without: readonly string[];
  work: Omit<RoomTask, 'target' | 'seconds'>;
}

export function redisRows(sizes: readonly number[]): readonly RedisRow[] {
  return [
    {
      id: 'publish',
      label: 'publication, 50 publishers in rooms of their own',
      without: [],
      work: { kind: 'publish', clients: 50, payloadBytes: 64 },
    },
    ...sizes.map((readers) => ({
      id: `${readers}`,
      label: `delivery to ${readers.toLocaleString('en')} subscribers, 4 in flight`,
      without: ['always'],
      work: { kind: 'fan-out', clients: readers, payloadBytes: 64 } as const,
    })),
  ];
}

export async function sampleRow(row: RedisRow, setup: Setup, seconds: number): Promise<RedisSample> {
  const { measured, values } = await loadSite(setup, { ...row.work, seconds });
  if (!measured) throw new Error('the load measured nothing');
  const { count, cpu, wall } = measured;
  return { perSecond: count / (wall / 1e6), cpu: cpu / count, redis: (values?.storeCpu ?? 0) / count };
}
