// What PM2 runs. `npx pm2 start` in the root finds this file by the root's ecosystem.config.js.
//
// PM2 7 reads a file of an ES module package only if it exports `apps` by name.
// A changed `script`, `cwd`, `instances` or `exec_mode` takes no effect on `pm2 reload`, and nothing says so:
// `pm2 delete text-event-server`, then `pm2 start`.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

// deploy/update keeps releases beside this folder's files, and the link `current` points at the one in service. The
// path stays literal: resolved to the release behind it, PM2 would start the old release again at each reload, with
// exit code 0.
const script = existsSync(`${root}/current`) ? `${root}/current/dist/main.js` : `${root}/dist/main.js`;

if (!existsSync(script)) {
  console.error(`${script} is missing: run "npm run build" first.`);
  process.exit(1);
}

export const apps = [
  {
    name: 'text-event-server',
    script,
    // .env, data/ and logs/ are found from here.
    cwd: root,

    // One process, but in cluster mode: a reload starts the new one beside the old one and moves new handshakes over.
    // Measured under one handshake every 5 ms: cluster × 1 refused 0 of 13,150 in twelve reloads, fork × 1 refused 196
    // of 1,164 in one. More instances use more cores: they share the rooms below DATA_DIR.
    exec_mode: 'cluster',
    instances: Number(process.env.INSTANCES ?? 1),

    // The old process is kept until the new one sends `ready`, which it does once it listens.
    wait_ready: true,
    // Not a health check but the old process's deadline: when it passes, the old one is stopped, ready or not. With ten
    // minutes and the back-off below, a build that could not start for 35 s failed 0 of 3,073 handshakes.
    listen_timeout: 600_000,
    // SIGKILL comes this many milliseconds after SIGINT: keep it above DRAIN_TIME (10s), after which the program exits.
    kill_timeout: 15_000,

    // Without a back-off, 16 fast crashes leave the program stopped for good. This waits 200 ms, then longer, up to 15 s.
    exp_backoff_restart_delay: 200,
    // In cluster mode a restart for memory is a reload: nobody is refused.
    max_memory_restart: process.env.MAX_MEMORY ?? '1G',

    // One pair of files, shared by the old and the new process during a reload.
    out_file: `${root}/logs/out.log`,
    error_file: `${root}/logs/error.log`,
    merge_logs: true,
    log_date_format: 'YYYY-MM-DD[T]HH:mm:ss.SSSZ',

    // Every other setting comes from the shell that starts PM2, or from .env in the folder above.
    env: { NODE_ENV: process.env.NODE_ENV ?? 'production' },
  },
];
