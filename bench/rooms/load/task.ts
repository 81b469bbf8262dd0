import type { Measured, Target } from '../../load/task.ts';

/** What the load of rooms is told, as JSON in its argument. */
export interface RoomTask {
  kind: 'fan-out' | 'publish' | 'rejoin' | 'return' | 'standstill';
  /** Subscribers, publishers, or clients that come back; at `rejoin` how many times it is done. */
  clients: number;
  /** Characters of each event's text. */
  payloadBytes: number;
  seconds: number;
  /** At `fan-out`: the server's `/broadcast` instead of a room. */
  broadcast?: boolean;
  /** At `publish`: all in one room instead of one room each. */
  together?: boolean;
  /** Events missed at `rejoin` and `return`. */
  missed?: number;
  /** At `standstill`: how much is published, in MiB. */
  part?: number;
  whole?: number;
  target: Target;
  /** At `fan-out` and `publish`: more processes of the same server, which have their share of the clients. */
  others?: readonly Target[];
  /** At `fan-out` and `publish`: the process id of the store, whose CPU time is answered as `storeCpu`. */
  store?: number;
}

/** What it answers, as one line of JSON. */
export interface RoomAnswer {
  measured?: Measured;
  /** By name; times in milliseconds, memory in MiB. */
  values?: Record<string, number>;
}

/** The process that a client is to connect to. */
export function targetOf({ target, others = [] }: RoomTask, client: number): Target {
  return [target, ...others][client % (others.length + 1)] ?? target;
}
