import net, { type AddressInfo, type Socket } from 'node:net';

/** A network that can be cut: a relay in front of a server. While it is cut bytes go nowhere, and nobody is told. */
export class Cable {
  readonly #target: number;
  readonly #host: string;
  readonly #refuses: boolean;
  readonly #sockets = new Set<Socket>();
  readonly #server = net.createServer((socket) => this.#accept(socket));
  #cut = false;

  /**
   * @param target port of the server
   * @param options.host its address
   * @param options.refuses while it is cut, what is new is refused, as by a router that knows that the machine is gone
   */
  constructor(target: number, { host = '127.0.0.1', refuses = false } = {}) {
    this.#target = target;
    this.#host = host;
    this.#refuses = refuses;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Bytes flow again; what was open when it was cut stays dead. */
  mend(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    this.mend();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(near: Socket): void {
    this.#keep(near);
    if (this.#cut) {
      if (this.#refuses) near.resetAndDestroy();
      else near.pause();
      return;
    }
    const far = net.connect(this.#target, this.#host);
    this.#keep(far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => this.#cut || from.resume());
      from.on('close', () => this.#cut || to.destroy());
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
