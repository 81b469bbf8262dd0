import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import { packageRoot } from '../package-info.ts';
import { readSettings } from '../settings.ts';
import type { Check } from './checks.ts';
import { judgeDrain, judgeFiles, judgeHeartbeat, judgeTimeSync } from './doctor-findings.ts';
import type { Finding } from './findings.ts';
import { redisChecks } from './redis-checks.ts';
import { get, type Site } from './site.ts';

const run = promisify(execFile);

/** What `doctor --local` tests on the machine of the site, with the settings of the folder that it is called in. */
export const localChecks: Readonly<Record<string, Check>> = {
  files: checkFiles,
  drain: async () =>
    judgeDrain(numberIn('deploy/ecosystem.config.js', /^\s*kill_timeout:\s*([\d_]+)/m), settings().drainTime),
  heartbeat: async () => {
    const seconds = numberIn('deploy/nginx/text-event-server/server.conf', /^\s*proxy_read_timeout\s+(\d+)s?;/m);
    return judgeHeartbeat(seconds && seconds * 1000, settings().pingInterval);
  },
  timesync: checkTimeSync,
  ...redisChecks(settings),
};

async function checkFiles(site: Site): Promise<Finding> {
  const { maxConnections, maxHttpConnections } = settings();
  const { pid } = JSON.parse((await get(site, 'healthz')).body) as { pid: unknown };
  const limit = openFiles(String(pid));
  if (limit === undefined)
    return { status: 'wrong', detail: `process ${pid} of the site does not run on this machine` };
  return judgeFiles(limit, maxConnections + maxHttpConnections, `process ${pid}`);
}

/** The limit of a process of this machine, as the system has it. */
function openFiles(pid: string): number | undefined {
  if (!/^\d+$/.test(pid)) return undefined;
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
    return soft === 'unlimited' ? Infinity : Number(soft);
  } catch {
    return undefined;
  }
}

async function checkTimeSync(): Promise<Finding> {
  try {
    const { stdout } = await run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], { timeout: 5000 });
    return judgeTimeSync(stdout.trim());
  } catch {
    return judgeTimeSync(undefined);
  }
}

let read: Config | undefined;

/** Read once, so that what nobody reads of them is said once. @throws TextEventError ERR_CONFIG, which says what is wrong with them */
function settings(): Config {
  read ??= readSettings([]);
  if (read === undefined) throw new Error('the settings could not be read');
  return read;
}

/** What a file of this package says, in its own unit. */
function numberIn(file: string, pattern: RegExp): number | undefined {
  const [, digits] = pattern.exec(readFileSync(join(packageRoot, file), 'utf8')) ?? [];
  return digits === undefined ? undefined : Number(digits.replaceAll('_', ''));
}
