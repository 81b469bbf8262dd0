import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { type ClientOptions, WebSocket } from 'ws';

export interface Client {
  socket: WebSocket;
  send(message: string | Buffer): void;
  /** The next message that nobody has taken yet. */
  next(): Promise<string>;
  /** How the connection ended. */
  closed: Promise<{ code: number; reason: string }>;
  /** Messages that nobody has taken. */
  pending: string[];
}

/** An independent client (`ws`) that is open; it ends with the test. */
export async function connect(
  t: ExecutionContext,
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<Client> {
  const socket = new WebSocket(url, protocols, options);
  const pending: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  socket.on('message', (data) => {
    const take = waiting.shift();
    if (take) take(String(data));
    else pending.push(String(data));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  socket.on('error', () => {});
  const next = () => {
    const message = pending.shift();
    return message === undefined ? new Promise<string>((resolve) => waiting.push(resolve)) : Promise.resolve(message);
  };
  return { socket, send: (message) => socket.send(message), next, closed, pending };
}
