import { randomUUID } from 'node:crypto';
import type { Target } from '../../load/task.ts';
import { Client } from './client.ts';
import { frameOf } from './wire.ts';

/** How to come back to where one was. */
export interface Place {
  /** What the server wants to know of who comes back, beside the room. */
  readonly secret: string;
  position: string;
}

export interface MemberOptions {
  target: Target;
  room: string;
  /** Where it was before. */
  place?: Place;
  name?: string;
  from?: string;
  buffer?: Buffer;
  /** An event of the room has come: not what is sent to this member alone. */
  onEvent?: (payload: Buffer) => void;
  /** So many events are no longer retained. @default an error */
  onGap?: (lost: number) => void;
  /** What it published is acknowledged; in the order of its publications. */
  onAck?: () => void;
  /** It is about to be sent away, and may come back after so many milliseconds. */
  onSentAway?: (afterMs: number) => void;
}

/** One that has joined a room, and can publish there: of the program, or of a Socket.IO server. */
export interface Member {
  readonly client: Client;
  /** Reads its place from an event. */
  placeAfter(event: string): Place;
  /** Its place as it joined. */
  readonly place: Place;
  publish(text: string): void;
}

/** The first letters of the types event and ack; no other type begins with these. */
const [E, V, A] = [0x65, 0x76, 0x61];

export function joinRoom(options: MemberOptions): Promise<Member> {
  return options.target.dialect === 'socket.io' ? joinSocketIo(options) : joinOurs(options);
}

async function joinOurs(options: MemberOptions): Promise<Member> {
  const { target, room, name, onEvent = () => {}, onAck = () => {}, onSentAway = () => {} } = options;
  const secret = options.place?.secret ?? randomUUID();
  const query = new URLSearchParams({
    client: secret,
    ...(name === undefined ? {} : { name }),
    ...(options.place && { after: options.place.position }),
  });
  let onWelcome: (position: string) => void;
  let onError: (error: Error) => void;
  const welcomed = new Promise<string>((resolve, reject) => {
    onWelcome = resolve;
    onError = reject;
  });
  const others: Record<string, (message: Record<string, unknown>) => void> = {
    welcome: ({ position }) => onWelcome(position as string),
    reconnect: ({ afterMs }) => onSentAway(afterMs as number),
    // The events that a gap or a reset stands for would be waited for in vain.
    gap: (message) => (options.onGap ? options.onGap(message.lost as number) : fail(message)),
    reset: (message) => fail(message),
    error: (message) => fail(message),
  };
  const onMessage = (payload: Buffer): void => {
    // All of this server's messages begin {"type":"; of events and acks there are many, and they are not parsed here.
    if (payload[9] === E && payload[10] === V) onEvent(payload);
    else if (payload[9] === A) onAck();
    else {
      const message = JSON.parse(payload.toString()) as Record<string, unknown>;
      others[message.type as string]?.(message);
    }
  };
  const path = `/rooms/${room}?${query}`;
  const client = new Client({ ...options, target, path, protocol: 'text-event.v1.json', onMessage });
  await client.opened;
  void client.closed.then(() => onError(new Error('closed before the welcome')));
  const place = { secret, position: await welcomed };
  return {
    client,
    place,
    placeAfter: (event) => ({ secret, position: JSON.parse(event).position }),
    publish: (text) => client.send(frameOf(JSON.stringify({ type: 'publish', key: randomUUID(), text }))),
  };
}

/** Of the loss of events no measurement makes sense. */
function fail(message: object): never {
  throw new Error(`the server sent ${JSON.stringify(message)}`);
}

async function joinSocketIo(options: MemberOptions): Promise<Member> {
  const { target, room, onEvent = () => {}, onAck = () => {} } = options;
  const auth = { room, ...(options.place && { pid: options.place.secret, offset: options.place.position }) };
  let secret = '';
  let onBegin: (place: Place) => void;
  const begun = new Promise<Place>((resolve) => {
    onBegin = resolve;
  });
  // The packet's offset is its last argument.
  const placeAfter = (event: string) => ({ secret, position: JSON.parse(event.slice(2)).at(-1) as string });
  const onMessage = (payload: Buffer): void => {
    const kind = payload.toString('latin1', 0, 2);
    if (kind === '43') onAck();
    else if (kind === '2') client.send(frameOf('3'));
    else if (kind === '0{') client.send(frameOf(`40${JSON.stringify(auth)}`));
    else if (kind === '40') {
      secret = JSON.parse(payload.toString('latin1', 2)).pid;
      // One that is recovered was sent its events before this.
      if (options.place) onBegin({ ...options.place, secret });
    } else if (kind === '42') {
      if (payload.toString('latin1', 4, 9) === 'begin') onBegin(placeAfter(payload.toString()));
      else onEvent(payload);
    }
  };
  const client = new Client({ ...options, target, path: '/socket.io/?EIO=4&transport=websocket', onMessage });
  await client.opened;
  const place = await begun;
  return {
    client,
    place,
    placeAfter,
    publish: (text) => client.send(frameOf(`420${JSON.stringify(['publish', room, text])}`)),
  };
}
