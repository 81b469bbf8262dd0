import { parseArgs } from 'node:util';
import { type Contender, contenders } from './contenders.ts';
import { maxConnections } from './growth.ts';
import { type RoomRow, roomRows } from './rooms/rows.ts';
import { type Shape, shapes } from './shapes.ts';

export interface Options {
  rounds: number;
  seconds: number;
  shapes: readonly Shape[];
  growth: boolean;
  rooms: readonly RoomRow[];
  redis: boolean;
  contenders: readonly Contender[];
  write: boolean;
  json: string | undefined;
  /** The command line that leads to this, for the docs. */
  command: string;
}

/** How many come back after a reload. */
const CLIENTS = 10_000;

const namesOf = (all: readonly { id: string }[]) => all.map(({ id }) => id).join(', ');

const usage = `npm run bench -- [options]
  --rounds N          rounds, of which the median counts (default 5)
  --seconds S         length of a measurement, up to 15 (default 2)
  --only A,B          of: ${namesOf(shapes)}, growth,
                      rooms or of these: ${namesOf(roomRows(CLIENTS))}, redis
  --contenders A,B    of: ${namesOf(contenders)}
  --clients N         how many come back after a reload, as far as open files allow (default 10000)
  --no-write          leave docs/ as it is
  --json FILE         write every single measurement to a file
`;

/** @throws Error that names the option and what it allows */
export function readOptions(args: string[]): Options | { help: string } {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string' },
      contenders: { type: 'string' },
      clients: { type: 'string', default: String(CLIENTS) },
      write: { type: 'boolean', default: true },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return { help: usage };
  const clients = Math.floor(inRange('--clients', values.clients, 1, 60_000));
  const rooms = roomRows(Math.min(clients, maxConnections()));
  const all = [...shapes, { id: 'growth' }, ...rooms, { id: 'redis' }];
  const only = values.only?.split(',').flatMap((id) => (id === 'rooms' ? rooms.map((row) => row.id) : id));
  const wanted = new Set(chosen('--only', all, only).map(({ id }) => id));
  return {
    rounds: inRange('--rounds', values.rounds, 1, 100),
    // Beyond 25 s the servers' heartbeats would fall into the measurement.
    seconds: inRange('--seconds', values.seconds, 0.1, 15),
    shapes: shapes.filter(({ id }) => wanted.has(id)),
    growth: wanted.has('growth'),
    rooms: rooms.filter(({ id }) => wanted.has(id)),
    redis: wanted.has('redis'),
    contenders: chosen('--contenders', contenders, values.contenders?.split(',')),
    write: values.write,
    json: values.json,
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  };
}

function inRange(name: string, given: string, least: number, most: number): number {
  const value = Number(given);
  if (value >= least && value <= most) return value;
  throw new Error(`${name}: got ${given}, expected ${least} to ${most}`);
}

function chosen<T extends { id: string }>(name: string, all: readonly T[], ids: string[] | undefined): readonly T[] {
  const unknown = ids?.find((id) => !all.some((each) => each.id === id));
  if (unknown !== undefined) {
    throw new Error(`${name}: got ${unknown}, expected some of ${namesOf(all)}`);
  }
  return all.filter(({ id }) => ids?.includes(id) ?? true);
}
