/** What the load is told, as JSON in its argument. */
export interface Task {
  kind: 'echo' | 'broadcast' | 'handshake' | 'idle' | 'growth';
  connections: number;
  /**
   * Messages on their way at a time: of each connection at `echo`, of the one sender at `broadcast`,
   * of all connections together at `growth`.
   */
  inFlight: number;
  payloadBytes: number;
  seconds: number;
  target: Target;
}

/** The server to load. */
export interface Target {
  port: number;
  pid: number;
  dialect: Dialect;
}

/** What a server speaks above WebSocket: the bare text, or Socket.IO's packets. */
export type Dialect = 'text' | 'socket.io';

/** What the load answers, as one line of JSON. */
export type Answer = Partial<Record<'messages' | 'handshakes' | 'idle' | 'disconnects', Measured>>;

export interface Measured {
  /** Messages received, handshakes done, connections held or ended. */
  count: number;
  /** CPU time of the server meanwhile, in microseconds. */
  cpu: number;
  /** Wall-clock time, in microseconds. */
  wall: number;
  /** Resident memory that the server gained, in KiB. */
  memory: number;
}
