import { tmpdir } from 'node:os';
import test from 'ava';
import { sharedKind, sharedKindOf } from '../src/file-system.ts';

test('file systems that may be on another machine are known by their numbers, with a sign or without', (t) => {
  t.is(sharedKind(0x6969), 'NFS');
  t.is(sharedKind(0xff534d42), 'CIFS');
  t.is(sharedKind(0xff534d42 | 0), 'CIFS');
  t.is(sharedKind(0x65735546), 'FUSE');
  // ext4, XFS, Btrfs, tmpfs, overlay, ZFS.
  for (const local of [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1])
    t.is(sharedKind(local), undefined);
});

test('folders of this machine are none, nor is what is not there', (t) => {
  for (const folder of ['/proc', tmpdir(), '/nowhere']) t.is(sharedKindOf(folder), undefined);
});
