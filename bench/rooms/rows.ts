import type { Contender } from '../contenders.ts';
import type { RoomAnswer } from './load/task.ts';
import { loadRooms, type RoomWork } from './servers.ts';

/** What one measurement of a row found, by the names of its figures. */
export type RoomSample = Readonly<Record<string, number>>;

export interface RoomFigure {
  /** Its name in a sample. */
  key: string;
  label: string;
  /** What our figure is to be. */
  target?: { atMost: number } | { atLeast: number };
}

/** Some figures of one measurement: a line of the table each. */
export interface RoomRow {
  /** Its name in options. */
  id: string;
  figures: readonly RoomFigure[];
  /** Ours alone: there is no counterpart. */
  alone?: boolean;
  sample(contender: Contender, seconds: number): Promise<RoomSample>;
}

/** How busy the server's core was, in a sample; the table marks figures of one that waited. */
export const BUSY = 'busy';

const MISSED = 1000;
const REJOINS = 10;
/** Published while one reader stands still. */
const [PART, WHOLE] = [32, 256];

/** @param returning how many clients come back after a reload */
export function roomRows(returning: number): readonly RoomRow[] {
  const returners = returning.toLocaleString('en');
  return [
    {
      id: 'fan-out',
      figures: [
        { key: 'cpu', label: 'durable events to 1,000 subscribers, 4 in flight: CPU per delivery, µs' },
        { key: 'ratio', label: 'the same, to its own `/broadcast`', target: { atMost: 1.35 } },
      ],
      sample: sampleFanOut,
    },
    publishRow('publish', 'each in a room of its own', true),
    publishRow('publish-together', 'all in one room', false),
    {
      id: 'rejoin',
      figures: [
        { key: 'wall', label: `rejoin that missed ${MISSED.toLocaleString('en')} events: until all have come, ms` },
        { key: 'cpu', label: 'the same, CPU, ms' },
        { key: 'chunks', label: 'the same, pieces in which they come', target: { atMost: 10 } },
      ],
      sample: async (contender, seconds) => {
        const work: RoomWork = { kind: 'rejoin', clients: REJOINS, payloadBytes: 64, seconds, missed: MISSED };
        return valuesOf(await loadRooms(contender, work));
      },
    },
    {
      id: 'return',
      alone: true,
      figures: [
        { key: 'seconds', label: `${returners} clients after a reload: until all are back and caught up, s` },
        { key: 'told', label: 'the same, the latest time that a client was told, s' },
        { key: 'refused', label: 'the same, handshakes refused', target: { atMost: 0 } },
      ],
      sample: async (contender, seconds) => {
        const work: RoomWork = { kind: 'return', clients: returning, payloadBytes: 0, seconds, missed: 10 };
        return valuesOf(await loadRooms(contender, work));
      },
    },
    {
      id: 'standstill',
      figures: [
        { key: 'partly', label: `a reader stands still, ${PART} MiB are published: memory gained, MiB` },
        { key: 'wholly', label: `the same with ${WHOLE} MiB` },
        { key: 'growth', label: 'from the one to the other', target: { atMost: 8 } },
      ],
      sample: async (contender, seconds) => {
        const work: RoomWork = {
          kind: 'standstill',
          clients: 1,
          payloadBytes: 16 * 1024,
          seconds,
          part: PART,
          whole: WHOLE,
        };
        return valuesOf(await loadRooms(contender, work));
      },
    },
  ];
}

function publishRow(id: string, where: string, targets: boolean): RoomRow {
  return {
    id,
    figures: [
      {
        key: 'rate',
        label: `50 publishers, 1 in flight each, ${where}: acknowledged in a second`,
        ...(targets && { target: { atLeast: 10_000 } }),
      },
      { key: 'latency', label: 'the same, median until the ack, ms', ...(targets && { target: { atMost: 5 } }) },
      { key: 'cpu', label: 'the same, CPU per publication, µs' },
    ],
    sample: async (contender, seconds) => {
      const together = id === 'publish-together';
      const work: RoomWork = { kind: 'publish', clients: 50, payloadBytes: 64, seconds, together };
      const answer = await loadRooms(contender, work);
      const { count, cpu, wall } = measuredOf(answer);
      return { rate: count / (wall / 1e6), cpu: cpu / count, [BUSY]: cpu / wall, ...answer.values };
    },
  };
}

/** The two one after the other, so that the ratio is of the same moment. Socket.IO knows one way only. */
async function sampleFanOut(contender: Contender, seconds: number): Promise<RoomSample> {
  const work: RoomWork = { kind: 'fan-out', clients: 1000, payloadBytes: 64, seconds };
  const { count, cpu, wall } = measuredOf(await loadRooms(contender, work));
  const sample = { cpu: cpu / count, [BUSY]: cpu / wall };
  if (contender.dialect === 'socket.io') return sample;
  const broadcast = measuredOf(await loadRooms(contender, { ...work, broadcast: true }));
  return {
    ...sample,
    broadcast: broadcast.cpu / broadcast.count,
    ratio: sample.cpu / (broadcast.cpu / broadcast.count),
  };
}

function measuredOf({ measured }: RoomAnswer): NonNullable<RoomAnswer['measured']> {
  if (!measured) throw new Error('the load measured nothing');
  return measured;
}

function valuesOf({ values }: RoomAnswer): RoomSample {
  if (!values) throw new Error('the load found nothing');
  return values;
}
