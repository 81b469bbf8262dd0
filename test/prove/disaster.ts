import type { Scope } from '../helpers/scope.ts';
import { Crowd, type CrowdOptions } from './crowd.ts';

/** How large and how long. */
export interface Scale {
  readers: number;
  rooms: number;
  kills: number;
  reloads: number;
  /** Seconds for which something is cut off, stopped or full. */
  seconds: number;
}

export interface Disaster {
  id: string;
  title: string;
  /** Brings it upon a crowd; undefined where this machine lacks what it takes, which was said then. */
  strike(t: Scope, scale: Scale): Promise<Crowd | undefined>;
}

export const crowdOf = ({ readers, rooms }: Scale): CrowdOptions => ({ readers, rooms, publishers: 2, interval: 100 });

/** A crowd that reads and publishes; it ends with the test. */
export async function gather(t: Scope, url: string, options: CrowdOptions): Promise<Crowd> {
  const crowd = new Crowd(url, options);
  t.teardown(() => crowd.end());
  await crowd.start();
  return crowd;
}
