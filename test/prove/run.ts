// npm run prove: every disaster with real processes, and a table of what was lost. docs/durability.md says what it shows.
import { parseArgs } from 'node:util';
import type { Scope } from '../helpers/scope.ts';
import type { Disaster, Scale } from './disaster.ts';
import { disasters as ofOneMachine } from './disasters.ts';
import { machineDisasters } from './machine-disasters.ts';
import { isClean, prove, type Row, table } from './prove.ts';

const disasters = [...ofOneMachine, ...machineDisasters];

const usage = `npm run prove -- [options]
  --only A,B       of: ${disasters.map(({ id }) => id).join(', ')}
  --readers N      how many read (default 500)
  --kills N        how often the server is killed (default 20)
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    readers: { type: 'string', default: '500' },
    kills: { type: 'string', default: '20' },
    help: { type: 'boolean' },
  },
});

if (values.help) process.stdout.write(usage);
else process.exitCode = (await proveAll(chosen(values.only?.split(',')))) ? 0 : 1;

function chosen(ids: string[] | undefined): readonly Disaster[] {
  const unknown = ids?.filter((id) => !disasters.some((disaster) => disaster.id === id)) ?? [];
  if (unknown.length === 0) return disasters.filter(({ id }) => ids?.includes(id) ?? true);
  process.stderr.write(`--only: got ${unknown.join(', ')}\n${usage}`);
  return process.exit(1);
}

async function proveAll(some: readonly Disaster[]): Promise<boolean> {
  const scale: Scale = {
    readers: Number(values.readers),
    rooms: 5,
    kills: Number(values.kills),
    reloads: 3,
    seconds: 20,
  };
  const rows: Row[] = [];
  let fine = true;
  for (const disaster of some) {
    const row = await inScope((t) => prove(t, disaster, scale)).catch((error: Error) => {
      process.stdout.write(`${disaster.title}: ${error.stack}\n`);
      fine = false;
      return undefined;
    });
    if (!row) continue;
    rows.push(row);
    fine &&= isClean(row);
    process.stdout.write(`${disaster.title}: ${isClean(row) ? 'nothing lost' : JSON.stringify(row)}\n`);
  }
  process.stdout.write(`\n${table(rows)}\n`);
  return fine;
}

/** Runs something with the teardown that tests have. */
async function inScope<T>(work: (t: Scope) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  const say = (...what: unknown[]) => process.stdout.write(`${what.join(' ')}\n`);
  try {
    return await work({ teardown: (end) => ends.push(end), log: say, fail: say, pass: () => {} });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
