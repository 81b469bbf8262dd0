import { connect } from '../connect.ts';
import type { Connection } from '../wire/connection.ts';
import {
  assetsOf,
  type Finding,
  judgeAsset,
  judgeCertificate,
  judgeGreeting,
  judgeHeaders,
  judgeIdle,
  judgeMetrics,
  judgePage,
  judgeRedirect,
  judgeStatus,
  judgeUnknownPath,
  judgeUpgrade,
  skipped,
} from './findings.ts';
import { certificate, get, handshake, type Site, socketUrl, userHeaders } from './site.ts';

export type Check = (site: Site) => Promise<Finding>;

export const ANSWER_TIMEOUT = 10_000;

const notSecure = skipped('the address is not https');
const mayBeProgram = skipped('over plain http this may be the program itself');

const isSecure = ({ url }: Site): boolean => url.protocol === 'https:';

/** Every check by name, in the order in which they run. */
export const checks: Readonly<Record<string, Check>> = {
  page: async (site) => judgePage(await get(site, '')),
  assets: checkAssets,
  headers: async (site) => judgeHeaders((await get(site, '')).headers, isSecure(site)),
  redirect: checkRedirect,
  certificate: async (site) =>
    isSecure(site) ? judgeCertificate(await certificate(site), site.insecure, new Date()) : notSecure,
  unknown: async (site) => judgeUnknownPath(await handshake(site, 'no-such-path')),
  metrics: async (site) => (isSecure(site) ? judgeMetrics(await get(site, 'metrics')) : mayBeProgram),
  status: async (site) => (isSecure(site) ? judgeStatus(await get(site, 'status')) : mayBeProgram),
  upgrade: async (site) => judgeUpgrade(await handshake(site, ''), site.origin),
  greeting: checkGreeting,
  idle: checkIdle,
};

async function checkAssets(site: Site): Promise<Finding> {
  const paths = assetsOf((await get(site, '')).body);
  for (const path of paths) {
    const finding = judgeAsset(path, await get(site, path));
    if (finding.status !== 'ok') return finding;
  }
  if (paths.length === 0)
    return { status: 'wrong', detail: 'the page names no file under assets/: is it the built one?' };
  return { status: 'ok', detail: `${paths.length} files, compressed, kept for good` };
}

async function checkRedirect(site: Site): Promise<Finding> {
  if (!isSecure(site)) return notSecure;
  if (!site.plainUrl) return skipped('the address has a port of its own; say where plain http is: --http-port');
  return judgeRedirect(await get(site, site.plainUrl));
}

async function checkGreeting(site: Site): Promise<Finding> {
  const name = '检查';
  const connection = speak(site);
  let answer: string | undefined;
  connection.once('connect', () => connection.sendText(name));
  connection.once('text', (text) => {
    answer = text;
    connection.close(1000);
  });
  const end = await ending(connection, ANSWER_TIMEOUT);
  return judgeGreeting(name, answer, end ?? `none within ${ANSWER_TIMEOUT / 1000} s`);
}

async function checkIdle(site: Site): Promise<Finding> {
  if (site.idle === 0) return skipped('left out');
  const connection = speak(site);
  const start = performance.now();
  const end = await ending(connection, site.idle);
  return judgeIdle((performance.now() - start) / 1000, site.idle / 1000, end);
}

/** Opens a WebSocket. @param path below the site's address */
export function speak(site: Site, path = '', protocols: string[] = []): Connection {
  return connect(socketUrl(site, path), {
    rejectUnauthorized: !site.insecure,
    protocols,
    extraHeaders: userHeaders(site),
  });
}

/** How a connection ended, in words; undefined where it was still open after a time, and is closed now. */
export function ending(connection: Connection, time: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(undefined);
      connection.close(1000);
    }, time);
    const end = (how: string): void => {
      clearTimeout(timer);
      resolve(how);
    };
    connection.once('error', (error: NodeJS.ErrnoException) => end(error.message || (error.code ?? String(error))));
    connection.once('close', (code, reason) => end(`closed with ${code}${reason && ` ${reason}`}`));
  });
}
