import { randomUUID } from 'node:crypto';
import type { Gap } from './event-log.ts';
import type { Position } from './position.ts';

/** What a log knows of a room besides its events. */
export interface RoomLife {
  readonly epoch: string;
  /** Offset of the oldest event that is retained; one more than the head where there is none. */
  readonly first: number;
  readonly head: number;
  /** Epochs of before, newest first, and up to which offset their positions are still true. */
  readonly previous: readonly PreviousLife[];
}

export type PreviousLife = readonly [epoch: string, upTo: number];

/** How many previous epochs are remembered. */
const MOST_LIVES = 8;

/** Where to read on from a position: the offset before the first event, and what to know about it. */
export interface Start {
  readonly after: number;
  readonly gap?: Gap;
  readonly reset: boolean;
}

/** 64 random bits. Asked for with each publication on Redis: UUIDs are drawn from a stock. */
export function newEpoch(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(-8);
}

export function startAfter(life: RoomLife, position: Position | undefined): Start {
  const oldest = life.first - 1;
  if (position === undefined) return { after: oldest, reset: false };
  const { epoch, offset } = position;
  if (offset > validUpTo(life, epoch)) return { after: oldest, reset: true };
  if (offset < oldest) return { after: oldest, gap: { from: offset, to: oldest }, reset: false };
  return { after: offset, reset: false };
}

/** Before every offset for an epoch that is not of this room. */
function validUpTo({ epoch, head, previous }: RoomLife, asked: string): number {
  if (asked === epoch) return head;
  return previous.find(([name]) => name === asked)?.[1] ?? -1;
}

/** Previous lives for a room that begins another: what was handed out beyond the head found is no longer true. */
export function livesBefore({ epoch, head, previous }: RoomLife): PreviousLife[] {
  const lives: PreviousLife[] = [[epoch, head], ...previous];
  return lives.slice(0, MOST_LIVES).map(([name, upTo]) => [name, Math.min(upTo, head)]);
}
