// What rooms cost on Redis and on LMDB, for docs/scale.md: the rows of `npm run bench -- --only redis`, with more subscribers.
// npx tsx bench/scale.ts [seconds] [rounds]
import { prepare } from './prepare.ts';
import { measureRedis } from './redis/run.ts';
import { redisTables } from './redis/table.ts';

const [seconds = 1.5, rounds = 3] = process.argv.slice(2).map(Number);
prepare();
const contenders = [{ id: 'text-event-server' }];
const results = await measureRedis({ seconds, rounds, contenders, readers: [100, 1000, 4000] });
process.stdout.write(`\n${redisTables(results)}\n`);
