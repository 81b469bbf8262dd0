import { proveInShort } from './in-short.ts';
import { machineDisasters } from './machine-disasters.ts';

proveInShort(machineDisasters);
