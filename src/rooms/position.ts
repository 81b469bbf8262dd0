/** A place in a room's log: the log's name, and the offset of the last event before it; 0 is the beginning. */
export interface Position {
  /** Names one life of a log: 1 to 32 letters and digits. A log that was replaced has another. */
  readonly epoch: string;
  /** Events count from 1 without holes. */
  readonly offset: number;
}

const FORMAT = /^([0-9A-Za-z]{1,32}):(0|[1-9]\d{0,15})$/;

/** As it is on the wire: `epoch:offset`. */
export function formatPosition({ epoch, offset }: Position): string {
  return `${epoch}:${offset}`;
}

/** Undefined for what is no position. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, digits] = FORMAT.exec(text) ?? [];
  const offset = Number(digits);
  return epoch !== undefined && Number.isSafeInteger(offset) ? { epoch, offset } : undefined;
}
