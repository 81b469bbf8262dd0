import type { Contender } from '../contenders.ts';
import { runRounds, type Series, type Trial } from '../rounds.ts';
import type { RoomRow, RoomSample } from './rows.ts';
import { hasRooms } from './servers.ts';
import type { RoomResult } from './table.ts';

/** Those that take no `--seconds` take long, and vary little. */
const MAX_ROUNDS = 3;
const STEADY = ['fan-out', 'publish', 'publish-together'];

export interface RoomsRun {
  rounds: number;
  seconds: number;
  rows: readonly RoomRow[];
  contenders: readonly Contender[];
}

export async function measureRooms({ rounds, seconds, rows, contenders }: RoomsRun): Promise<RoomResult[]> {
  const some = contenders.filter(hasRooms);
  if (some.length === 0) return [];
  const results: RoomResult[] = [];
  for (const row of rows) {
    const trial: Trial<RoomSample> = {
      label: row.id,
      sample: (contender) => row.sample(contender, seconds),
      show: showSample,
    };
    const who = some.filter(({ id }) => !row.alone || id === 'text-event-server');
    const times = STEADY.includes(row.id) ? rounds : Math.min(rounds, MAX_ROUNDS);
    const [series] = await runRounds(times, [trial], who);
    results.push({ row, series: series as Map<string, Series<RoomSample>> });
  }
  return results;
}

function showSample(sample: RoomSample): string {
  return Object.entries(sample)
    .map(([key, value]) => `${key} ${value.toFixed(2)}`)
    .join(', ');
}
