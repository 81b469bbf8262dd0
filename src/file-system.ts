import { statfsSync } from 'node:fs';

/** Kinds of file systems that other machines may have a part in, by the number that statfs(2) gives. */
const shared: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x5346414f, 'AFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/** The name of a kind of file system that is, or may be, on another machine; undefined for others. @param type of statfs(2) */
export function sharedKind(type: number): string | undefined {
  // Where a number has 32 bits it comes with a sign.
  return shared.get(type >>> 0);
}

/** The same for a folder; undefined too where the system does not say. */
export function sharedKindOf(folder: string): string | undefined {
  try {
    return sharedKind(statfsSync(folder).type);
  } catch {
    return undefined;
  }
}
