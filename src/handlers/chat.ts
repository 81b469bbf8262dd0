import type { RoomEvent } from '../rooms/event-log.ts';
import { memoryRooms } from '../rooms/memory/rooms.ts';
import { CHAT_NAMING, checkName, type Naming } from '../rooms/names.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Connection } from '../wire/connection.ts';
import type { ConnectionHandler } from './handler.ts';
import { Participant } from './participant.ts';
import { queryOf, refuseBadQuery, sendAwayBadQuery } from './query.ts';
import { type SharedText, TextReader, textFormat } from './text-reader.ts';

export interface ChatOptions {
  /**
   * How clients are named: `address`, by the address and port that they come from, or from a pool of names, and by
   * `?name=` where they ask for one. @default the pool 小王, 小军, 小红, 小明, then 访客5 and on
   */
  names?: Naming | 'address';
  /** What a client is told on coming; nothing where it is not given. @default for addresses `Welcome ${name}` */
  welcome?: (name: string) => string;
  /** How a line looks. @default `${name}:${text}`, for addresses `${name} -> ${text}` */
  line?: (name: string, text: string) => string;
  /** How a client's own line looks to itself. @default `我:${text}`, for addresses as to all others */
  ownLine?: (text: string) => string;
  /** Texts that are answered to the sender alone, and their answers. @default `hello`: `收到,hello`; none for addresses */
  heartbeats?: Readonly<Record<string, string>>;
  /** The rooms that it is one of. @default rooms of its own, in memory */
  rooms?: Rooms;
  /** @default chat, for addresses ws */
  room?: string;
}

type Style = Pick<ChatOptions, 'welcome' | 'ownLine'> & Required<Pick<ChatOptions, 'line' | 'heartbeats' | 'room'>>;

const pooled: Style = {
  line: (name, text) => `${name}:${text}`,
  ownLine: (text) => `我:${text}`,
  heartbeats: { hello: '收到,hello' },
  room: 'chat',
};

const addressed: Style = {
  welcome: (name) => `Welcome ${name}`,
  line: (name, text) => `${name} -> ${text}`,
  heartbeats: {},
  room: 'ws',
};

/** Sends each text to everyone, with the name of its sender before it. */
export function chat({ names = CHAT_NAMING, rooms = memoryRooms(), ...options }: ChatOptions = {}): ConnectionHandler {
  const { welcome, line, ownLine, heartbeats, room } = { ...(names === 'address' ? addressed : pooled), ...options };
  const answers = new Map(Object.entries(heartbeats));
  const format = textFormat(({ from, text }) => line(from, text));

  const handler: ConnectionHandler = (connection) => {
    const { wish, problem } = names === 'address' ? {} : wishOf(connection.path);
    if (problem !== undefined) {
      sendAwayBadQuery(connection, problem);
      return;
    }
    const participant = new ChatParticipant(connection, rooms, room);
    const join = async () => {
      if (names === 'address') participant.name = addressOf(connection);
      else await participant.enter({ wish, naming: names, grace: 0 });
      if (ownLine) participant.showOwn(ownLine);
      await participant.join({ format, welcome: () => welcome && participant.tell(welcome(participant.name)) });
    };
    connection.on('text', (text) => {
      const answer = answers.get(text);
      if (answer === undefined) participant.publish({ from: participant.name, text });
      else participant.tell(answer);
    });
    participant.attempt(join());
  };
  if (names !== 'address') handler.refuse = ({ url }) => refuseBadQuery(wishOf(url ?? '').problem);
  return handler;
}

class ChatParticipant extends Participant {
  /** From now on it sees its own lines in another way than the others do. */
  showOwn(ownLine: (text: string) => string): void {
    this.reader = new OwnLineReader(this.connection, this.name, ownLine, () => this.sendAway());
  }
}

class OwnLineReader extends TextReader {
  readonly #name: string;
  readonly #ownLine: (text: string) => string;

  constructor(connection: Connection, name: string, ownLine: (text: string) => string, onGap: () => void) {
    super(connection, onGap);
    this.#name = name;
    this.#ownLine = ownLine;
  }

  override deliver(shared: SharedText, event: RoomEvent): void {
    if (event.from === this.#name) this.connection.sendText(this.#ownLine(event.text));
    else super.deliver(shared, event);
  }
}

function wishOf(target: string): { wish?: string | undefined; problem?: string | undefined } {
  const asked = queryOf(target).get('name');
  if (asked === null) return {};
  const { name, problem } = checkName(asked);
  return { wish: name, problem };
}

/** A proxy may have told the address of its client and not the port. */
function addressOf({ remoteAddress, remotePort }: Connection): string {
  return remotePort === undefined ? `${remoteAddress}` : `${remoteAddress}:${remotePort}`;
}
