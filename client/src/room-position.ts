// A position is opaque to who uses the library: it is kept, given back, and compared here, since a server may send an event twice.

/** Whether `position` lies behind `other` in the same log. One of another log counts as behind: what it is of was not seen. */
export function isAfter(position: string, other: string | undefined): boolean {
  if (other === undefined || epochOf(position) !== epochOf(other)) return true;
  return offsetOf(position) > offsetOf(other);
}

/** The earliest; undefined for none. All are of one log. */
export function earliest(positions: Iterable<string | undefined>): string | undefined {
  let first: string | undefined;
  for (const position of positions) {
    if (position !== undefined && (first === undefined || offsetOf(position) < offsetOf(first))) first = position;
  }
  return first;
}

function epochOf(position: string): string {
  return position.slice(0, position.lastIndexOf(':'));
}

function offsetOf(position: string): number {
  return Number(position.slice(position.lastIndexOf(':') + 1));
}
