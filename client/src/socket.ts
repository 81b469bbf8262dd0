/** What is used of a WebSocket; those of browsers, of Node 22 and of `ws` fit. */
export interface Socket {
  readonly readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (address: string, protocols?: string[]) => Socket;

/**
 * The platform's own WebSocket.
 * @throws Error where there is none
 */
export function platformSocket(): SocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: SocketConstructor };
  if (WebSocket) return WebSocket;
  throw new Error('There is no global WebSocket (Node 22 has one): pass one as the option WebSocket');
}
