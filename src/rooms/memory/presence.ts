import { fromPool, guestName, guestNumber, withNumber } from '../names.ts';
import {
  type Arrival,
  DEFAULT_GRACE,
  type LivingProcess,
  type Members,
  type Membership,
  type Presence,
  type PresenceListener,
} from '../presence.ts';
import { RoomError } from '../room-error.ts';

interface Member {
  readonly name: string;
  wish?: string | undefined;
  client?: string | undefined;
  grace?: number;
  /** Connections that have this name: more than one where a client came back before its old connection was known to be dead. */
  holders: number;
  leaving?: NodeJS.Timeout | undefined;
}

interface Room {
  /** By name, in the order of their coming. */
  readonly members: Map<string, Member>;
  readonly byClient: Map<string, Member>;
  /** By prefix: below it no guest's number is free. */
  readonly lowestGuest: Map<string, number>;
}

/** Who is in which room of this process; nothing is kept. */
export class MemoryPresence implements Presence {
  readonly #rooms = new Map<string, Room>();
  readonly #listeners = new Set<PresenceListener>();
  readonly #grace: number;
  #description: string | undefined;
  #closed = false;

  /** @param options `grace` in milliseconds, 10,000 where it is not given */
  constructor({ grace = DEFAULT_GRACE }: { grace?: number } = {}) {
    this.#grace = grace;
  }

  async enter(name: string, arrival: Arrival): Promise<Membership> {
    if (this.#closed) throw new RoomError('unavailable', 'nobody enters a store that is closed, try again later');
    const room = this.#room(name);
    const before = returning(room, arrival);
    const member = before ?? { name: freeName(room, arrival), holders: 0 };
    clearTimeout(member.leaving);
    member.holders++;
    member.wish = arrival.wish;
    member.client = arrival.client;
    member.grace = arrival.grace ?? this.#grace;
    if (member.client !== undefined) room.byClient.set(member.client, member);
    if (!before) {
      room.members.set(member.name, member);
      this.#tell(name, 'join', member.name, room);
    }
    return { name: member.name, returned: before !== undefined, leave: this.#leaver(name, room, member) };
  }

  async members(name: string, limit: number): Promise<Members> {
    const members = this.#rooms.get(name)?.members;
    return { names: [...(members?.keys() ?? [])].slice(0, limit), count: members?.size ?? 0 };
  }

  follow(listener: PresenceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  describe(text: string): void {
    this.#description = text;
  }

  async processes(): Promise<readonly LivingProcess[]> {
    return this.#description === undefined ? [] : [{ description: this.#description, age: 0 }];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { members } of this.#rooms.values()) for (const { leaving } of members.values()) clearTimeout(leaving);
    this.#rooms.clear();
    this.#listeners.clear();
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name) ?? { members: new Map(), byClient: new Map(), lowestGuest: new Map() };
    this.#rooms.set(name, room);
    return room;
  }

  #leaver(name: string, room: Room, member: Member): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (--member.holders > 0) return;
      const remove = () => this.#remove(name, room, member);
      if (!member.grace) remove();
      // A process that has nothing else to do need not wait for it.
      else member.leaving = setTimeout(remove, member.grace).unref();
    };
  }

  #remove(name: string, room: Room, member: Member): void {
    if (this.#rooms.get(name) !== room) return;
    room.members.delete(member.name);
    if (member.client !== undefined && room.byClient.get(member.client) === member) room.byClient.delete(member.client);
    for (const [guestPrefix, lowest] of room.lowestGuest) {
      const number = guestNumber({ pool: [], guestPrefix, guestFrom: 1 }, member.name) ?? lowest;
      if (number < lowest) room.lowestGuest.set(guestPrefix, number);
    }
    if (room.members.size === 0) this.#rooms.delete(name);
    this.#tell(name, 'leave', member.name, room);
  }

  #tell(name: string, change: 'join' | 'leave', member: string, { members }: Room): void {
    for (const listener of this.#listeners) listener(name, change, member, members.size);
  }
}

/** The member that an arrival was before: of its secret and its wish, or one without a secret that has just left with this name. */
function returning(room: Room, { wish, client }: Arrival): Member | undefined {
  const known = client === undefined ? undefined : room.byClient.get(client);
  if (known?.wish === wish && known !== undefined) return known;
  const named = wish === undefined ? undefined : room.members.get(wish);
  return named?.client === undefined && named?.holders === 0 ? named : undefined;
}

function freeName({ members, lowestGuest }: Room, { wish, naming }: Arrival): string {
  const isTaken = (name: string) => members.has(name);
  if (wish !== undefined) return withNumber(wish, isTaken);
  const pooled = fromPool(naming, isTaken);
  if (pooled !== undefined) return pooled;
  let number = Math.max(lowestGuest.get(naming.guestPrefix) ?? 0, naming.guestFrom);
  while (isTaken(guestName(naming, number))) number++;
  lowestGuest.set(naming.guestPrefix, number);
  return guestName(naming, number);
}
