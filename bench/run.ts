// The whole bench: see docs/bench.md, which it writes.
import { writeFileSync } from 'node:fs';
import type { Contender } from './contenders.ts';
import { growing, growthSizes, growthTrial } from './growth.ts';
import { loadWith } from './load-work.ts';
import { describeMachine } from './machine.ts';
import { type Options, readOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { measureRedis } from './redis/run.ts';
import { type Report, summary, writeDocs } from './report.ts';
import { measureRooms } from './rooms/run.ts';
import { runRounds } from './rounds.ts';
import type { Shape } from './shapes.ts';
import { failed } from './table.ts';

/** Growth takes long and varies little. */
const MAX_GROWTH_ROUNDS = 3;

try {
  const options = readOptions(process.argv.slice(2));
  if ('help' in options) process.stdout.write(options.help);
  else await run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function run(options: Options): Promise<void> {
  prepare();
  const report: Report = {
    command: options.command,
    rounds: options.rounds,
    seconds: options.seconds,
    machine: describeMachine(options.contenders),
    contenders: options.contenders,
    shapes: await measureShapes(options),
    growth: options.growth ? await measureGrowth(options) : [],
    rooms: await measureRooms({ ...options, rows: options.rooms }),
    redis: options.redis ? await measureRedis(options) : [],
  };
  if (options.json) writeFileSync(options.json, JSON.stringify(report, mapsAsObjects, 2));
  process.stdout.write(`\n${summary(report)}\n`);
  if (options.write) process.stdout.write(writeDocs(report));
  // The others may be unable to run here; ours must not be.
  if (failed(report, 'text-event-server')) process.exitCode = 1;
}

async function measureShapes({ rounds, seconds, shapes, contenders }: Options): Promise<Report['shapes']> {
  const trials = shapes.map((shape) => ({
    label: shape.label,
    sample: async (contender: Contender) => shape.figure(await loadWith(contender, { ...shape.work, seconds })),
    show: (sample: ReturnType<Shape['figure']>) => showSample(shape, sample),
  }));
  const results = await runRounds(rounds, trials, contenders);
  return shapes.map((shape, i) => ({ shape, series: results[i] as Report['shapes'][0]['series'] }));
}

function showSample({ unit }: Shape, { value, busy }: ReturnType<Shape['figure']>): string {
  return `${value.toFixed(2)} ${unit}${busy === undefined ? '' : `, its core ${(busy * 100).toFixed(0)} % busy`}`;
}

async function measureGrowth({ rounds, seconds, contenders }: Options): Promise<Report['growth']> {
  const sizes = growthSizes();
  const some = contenders.filter(({ id }) => growing.includes(id));
  const trials = sizes.map((size) => growthTrial(size, seconds));
  const results = await runRounds(Math.min(rounds, MAX_GROWTH_ROUNDS), trials, some);
  return sizes.map((size, i) => ({ size, series: results[i] as Report['growth'][0]['series'] }));
}

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
