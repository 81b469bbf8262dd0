import { disasters } from './disasters.ts';
import { proveInShort } from './in-short.ts';

proveInShort(disasters);
