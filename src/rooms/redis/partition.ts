import { createHash } from 'node:crypto';

/** Hash tags of a store: all keys behind one of them are in one slot of a cluster. */
export function partitionTags(name: string, partitions: number): string[] {
  return Array.from({ length: partitions }, (_, i) => `{text-event:${name}:${i}}`);
}

/** The tag that a room's keys are behind. */
export function tagOf(tags: readonly string[], room: string): string {
  const [first = ''] = tags;
  if (tags.length === 1) return first;
  return tags[createHash('sha1').update(room).digest().readUInt32BE(0) % tags.length] ?? first;
}
