import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Site } from '../../src/cli/site.ts';
import { root } from './program.ts';
import type { Scope } from './scope.ts';
import { missing, nginx, openssl } from './tools.ts';
import { until } from './until.ts';

export interface NginxOptions {
  /** Where the program listens: the path of a Unix socket, a port of 127.0.0.1, or several `address:port`. */
  upstream: string | number | readonly string[];
  /** The pages to serve. @default the built ones */
  pages?: string;
  /** The pages of the release before. @default none */
  previous?: string;
  /** Texts to replace in the shipped rules, `server.conf`; each must be there. */
  rules?: Record<string, string>;
}

export interface Nginx {
  /** The site, for what `deploy/check` uses to ask it. */
  site: Site;
  /** `https://localhost:<port>/` */
  url: string;
  /** `wss://localhost:<port>/` */
  wss: string;
  /** The port of plain http. */
  plainPort: number;
  /** The folder for the challenges of the certificate. */
  acme: string;
  /** What `nginx -t` says of the files. */
  verdict: string;
  accessLog(): string;
  /** Reads the files anew, and returns when the workers that had read them before have stopped listening. */
  reload(): Promise<void>;
}

/**
 * Nginx with the shipped site file on free ports, with a certificate of its own; it ends with the test.
 * Undefined where there is no Nginx or openssl: the test has been left out in plain sight and should return.
 */
export async function startNginx(t: Scope, options: NginxOptions): Promise<Nginx | undefined> {
  if (missing(t, nginx) || missing(t, openssl)) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'text-event-nginx-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const acme = join(dir, 'acme');
  mkdirSync(join(dir, 'temporary'));
  mkdirSync(join(acme, '.well-known/acme-challenge'), { recursive: true });
  makeCertificate(dir);
  const [port, plainPort] = (await freePorts(2)) as [number, number];
  writeFiles(dir, acme, port, plainPort, options);

  const args = ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')];
  const command = nginx.path() as string;
  const verdict = spawnSync(command, [...args, '-t'], { encoding: 'utf8' }).stderr;
  const master = spawn(command, args, { stdio: 'ignore' });
  const exited = new Promise((resolve) => master.once('close', resolve));
  t.teardown(async () => {
    master.kill('SIGTERM');
    await exited;
  });
  const errors = () => readFileSync(join(dir, 'error.log'), 'utf8');
  await Promise.race([
    until(() => existsSync(join(dir, 'nginx.pid')) && /start worker process /.test(errors())),
    exited.then(() => Promise.reject(new Error(`Nginx ended: ${verdict}${errors()}`))),
  ]);

  const url = `https://localhost:${port}/`;
  return {
    url,
    wss: `wss://localhost:${port}/`,
    plainPort,
    acme,
    verdict,
    site: {
      url: new URL(url),
      plainUrl: new URL(`http://localhost:${plainPort}/`),
      origin: undefined,
      insecure: true,
      idle: 0,
    },
    accessLog: () => readFileSync(join(dir, 'text-event-server.log'), 'utf8'),
    reload: () => {
      const before = errors().split('gracefully shutting down').length;
      master.kill('SIGHUP');
      return until(() => errors().split('gracefully shutting down').length > before);
    },
  };
}

/** The shipped files with the values of this test: what a person changes at the top of the site file, and no more. */
function writeFiles(dir: string, acme: string, port: number, plainPort: number, options: NginxOptions): void {
  const shipped = join(root, 'deploy/nginx');
  cpSync(join(shipped, 'text-event-server'), join(dir, 'text-event-server'), { recursive: true });
  edit(join(dir, 'text-event-server/server.conf'), Object.entries(options.rules ?? {}));

  const site = join(dir, 'site.conf');
  cpSync(join(shipped, 'text-event-server.conf'), site);
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  const live = '/etc/letsencrypt/live/text-event-server';
  edit(site, [
    ['your.host', 'localhost'],
    ['listen 443', `listen 127.0.0.1:${port}`],
    ['listen 80', `listen 127.0.0.1:${plainPort}`],
    ['listen [::]:443 ssl http2;', hasIpv6 ? `listen [::1]:${port} ssl http2;` : ''],
    ['listen [::]:80;', hasIpv6 ? `listen [::1]:${plainPort};` : ''],
    [`${live}/fullchain.pem`, join(dir, 'fullchain.pem')],
    [`${live}/privkey.pem`, join(dir, 'privkey.pem')],
    ['/srv/text-event-server/current/dist/pages', options.pages ?? join(root, 'dist/pages')],
    ['/srv/text-event-server/previous/dist/pages', options.previous ?? join(dir, 'none')],
    ['/var/www/html', acme],
    ['/var/log/nginx', dir],
  ]);
  if (typeof options.upstream === 'string') edit(site, [['/run/text-event-server/server.sock', options.upstream]]);
  else if (typeof options.upstream === 'number') {
    edit(site, [
      ['    server unix:', '    # server unix:'],
      ['# server 127.0.0.1:8088', `server 127.0.0.1:${options.upstream}`],
    ]);
  } else {
    // As docs/scale.md has it.
    const servers = options.upstream.map((place) => `server ${place} max_fails=0;`);
    edit(site, [
      ['    server unix:', '    # server unix:'],
      ['# server 127.0.0.1:8088 max_fails=0;', ['least_conn;', ...servers].join('\n    ')],
    ]);
  }
  // What Debian's own nginx.conf has around a site, and a place for what Nginx would leave in /var.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(dir, 'nginx.conf'),
    `user ${userInfo().username};
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log notice;
events { worker_connections 2048; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  gzip on;
  ${temporary.map((name) => `${name}_temp_path temporary/${name};`).join(' ')}
  include site.conf;
}
`,
  );
}

function edit(file: string, replacements: [from: string, to: string][]): void {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
}

function makeCertificate(dir: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', 'privkey.pem'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...key, ...name, '-days', '30', '-out', 'fullchain.pem'];
  execFileSync(openssl.path() as string, args, { cwd: dir, stdio: 'ignore' });
}

/** Below those that systems give to whoever asks for any port, and so far below that a Redis cluster may have those 10,000 above. */
const [LOWEST_PORT, PORTS] = [10_000, 10_000];

/** Ports of 127.0.0.1 that nobody listens on at this moment, and no connection takes in the next. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: net.Server[] = [];
  while (servers.length < count) {
    const server = net.createServer();
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
