import { readArguments, USAGE, type Wish } from './arguments.ts';
import { checks } from './checks.ts';
import type { Finding } from './findings.ts';
import { describePlace, type Place } from './place.ts';
import { reach, type Site } from './site.ts';

/** Exit codes. */
const ALL_WELL = 0;
const SOMETHING_WRONG = 1;
const NOT_CHECKED = 2;

/** A finding under the name of its check. */
type Result = Finding & { readonly name: string };

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const wish = readArguments(args);
    if (wish === 'help') {
      process.stdout.write(USAGE);
      return ALL_WELL;
    }
    await reach(wish.site);
    const results = await runChecks(wish);
    const well = results.every(({ status }) => status !== 'wrong');
    if (wish.json)
      process.stdout.write(`${JSON.stringify({ site: wish.site.url, ok: well, checks: results }, null, 2)}\n`);
    return well ? ALL_WELL : SOMETHING_WRONG;
  } catch (error) {
    process.stderr.write(`check: ${(error as Error).message}\n`);
    return NOT_CHECKED;
  }
}

/** One after the other, so that none is counted against another's limit; each is told as it ends. */
async function runChecks({ site, names, json }: Wish): Promise<Result[]> {
  const results: Result[] = [];
  for (const name of names) {
    const finding = await checks[name]?.(site).catch(failed);
    const result = { name, ...(finding as Finding) };
    results.push(result);
    if (!json) process.stdout.write(describe(result, site));
  }
  return results;
}

function failed(error: NodeJS.ErrnoException): Finding {
  return { status: 'wrong', detail: error.message || (error.code ?? String(error)) };
}

function describe({ name, status, detail, change }: Result, site: Site): string {
  const word = { ok: 'ok', wrong: 'WRONG', skipped: 'skipped' }[status];
  const line = `${word.padEnd(8)}${name.padEnd(12)}${detail}\n`;
  return change && concerns(change, site) ? `${line}${' '.repeat(20)}change ${describePlace(change)}\n` : line;
}

/** Over plain http it is the program itself that answers: Nginx's files have no part in it. */
function concerns({ file }: Place, { url }: Site): boolean {
  return url.protocol === 'https:' || !file.includes('nginx');
}
