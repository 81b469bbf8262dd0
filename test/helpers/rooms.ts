import type { ExecutionContext } from 'ava';
import type { ServerMessage } from '../../src/rooms/protocol.ts';
import { type Client, connect } from './client.ts';

export interface Speaker extends Client {
  /** Sends an object as JSON. */
  say(message: unknown): void;
  /** The next message, which must be of this type. */
  nextOf<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
}

/** An independent client (`ws`) that speaks the subprotocol of rooms. */
export async function speak(t: ExecutionContext, url: string): Promise<Speaker> {
  const client = await connect(t, url, {}, ['text-event.v1.json']);
  return {
    ...client,
    say: (message) => client.send(JSON.stringify(message)),
    async nextOf(type) {
      const message = JSON.parse(await client.next());
      if (message.type !== type) throw new Error(`got ${JSON.stringify(message).slice(0, 300)}, expected ${type}`);
      return message;
    },
  };
}
