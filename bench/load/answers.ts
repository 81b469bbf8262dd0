import { messageOf } from './frames.ts';
import type { Peer } from './peers.ts';
import type { ServerProcess } from './server-process.ts';
import { steady } from './steady.ts';
import type { Measured, Task } from './task.ts';

/**
 * Counts whole answers by their bytes, which is all that a load needs to know of them, and sends requests.
 * It parses nothing, so that it costs less than what it measures.
 */
export class Answers {
  readonly #task: Task;
  readonly #answerBytes: number;
  /** A request n times, ready to be written at once. */
  readonly #requests: Buffer[];
  readonly #onAnswers: (peer: Peer, answers: number) => void;
  #received = 0;
  #over = false;

  /** @param onAnswers called with how many have just come */
  constructor(task: Task, event: 'echo' | 'broadcast', onAnswers: (peer: Peer, answers: number) => void) {
    const { request, answerBytes } = messageOf(event, task.payloadBytes, task.target.dialect);
    this.#task = task;
    this.#answerBytes = answerBytes;
    this.#requests = Array.from({ length: task.inFlight + 1 }, (_, n) => Buffer.concat(Array(n).fill(request)));
    this.#onAnswers = onAnswers;
  }

  /** A property, for it is handed out as a callback. */
  readonly onBytes = (peer: Peer, bytes: number): void => {
    peer.rest += bytes;
    const answers = Math.floor(peer.rest / this.#answerBytes);
    if (answers === 0) return;
    peer.rest -= answers * this.#answerBytes;
    peer.seen += answers;
    this.#received += answers;
    if (!this.#over) this.#onAnswers(peer, answers);
  };

  send(peer: Peer, count: number): void {
    peer.socket.write(this.#requests[count] as Buffer);
  }

  /** Lets the server warm up, then counts what arrives in the time of the task; no more is sent then. */
  async measure(server: ServerProcess): Promise<Measured> {
    const measured = await steady(server, this.#task.seconds, () => this.#received);
    this.#over = true;
    return measured;
  }
}
