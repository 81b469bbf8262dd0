// A position is opaque to who uses the library: it is kept, given back, and compared here, since a server may send an event twice.

/** Whether `position` lies behind `other` in the same log. One of another log counts as behind: what it is of was not seen. */
export function isAfter(position: string, other: string | undefined): boolean {
  const [epoch, offset] = position.split(':');
  const [otherEpoch, otherOffset] = other?.split(':') ?? [];
  return epoch !== otherEpoch || Number(offset) > Number(otherOffset);
}
