import type { LmdbLogOptions } from './lmdb-log.ts';
import { Rooms } from './rooms.ts';

/** How rooms on disk are kept; what is not set has the program's defaults. Times are in milliseconds. */
export type StoredRoomsOptions = Pick<
  LmdbLogOptions,
  'durability' | 'maxEvents' | 'maxBytes' | 'maxAge' | 'maxRooms'
> & {
  /** Told what the store failed with. @default nobody is told */
  readonly onError?: (error: unknown, room: string) => void;
};

export interface StoredRooms {
  /** For the handlers `room`, `chat` and `broadcast`. */
  readonly rooms: Rooms;
  /** Resolves when everything published is on disk. */
  close(): Promise<void>;
}

/**
 * Opens rooms that outlive the process, in a folder that all processes of this machine may share: docs/durability.md.
 * @throws TextEventError ERR_STORE where the folder cannot be used, or what is in it is damaged
 */
export async function openRooms(
  folder: string,
  { onError, ...options }: StoredRoomsOptions = {},
): Promise<StoredRooms> {
  // Who needs no rooms on disk does not load a database.
  const [{ openLmdbLog }, { openLmdbPresence }] = await Promise.all([
    import('./lmdb-log.ts'),
    import('./lmdb-presence.ts'),
  ]);
  const log = await openLmdbLog(`${folder}/rooms`, options);
  const presence = openLmdbPresence(`${folder}/presence`);
  const rooms = new Rooms(log, presence, { tailAge: options.maxAge, onError });
  const close = async () => {
    rooms.close();
    await Promise.all([log.close(), presence.close()]);
  };
  return { rooms, close };
}
