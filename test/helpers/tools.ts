import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Scope } from './scope.ts';

/** A program that tests use and npm does not bring. */
export interface Tool {
  name: string;
  aptPackage: string;
  path(): string | undefined;
}

/** Nginx is in a folder that only root has on its PATH. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

function find(...names: string[]): string | undefined {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const chromium: Tool = {
  name: 'Chromium',
  aptPackage: 'chromium',
  path: () => process.env.CHROMIUM_PATH ?? find('chromium', 'chromium-browser', 'google-chrome'),
};
export const nginx: Tool = { name: 'Nginx', aptPackage: 'nginx', path: () => find('nginx') };
export const openssl: Tool = { name: 'OpenSSL', aptPackage: 'openssl', path: () => find('openssl') };
export const redisServer: Tool = {
  name: 'Redis',
  aptPackage: 'redis-server',
  path: () => process.env.REDIS_SERVER_PATH ?? find('redis-server'),
};
export const tmux: Tool = { name: 'tmux', aptPackage: 'tmux', path: () => find('tmux') };

export const tools: readonly Tool[] = [chromium, nginx, openssl, redisServer, tmux];

/**
 * Whether a test must be left out because a tool is not there: `if (missing(t, nginx)) return;`.
 * It says so, with the command that installs it; with CI=true it fails the test instead.
 */
export function missing(t: Scope, tool: Tool): boolean {
  if (tool.path() !== undefined) return false;
  const line = `${tool.name} is not here: sudo apt-get install ${tool.aptPackage}`;
  t.log(`SKIPPED: ${line}`);
  if (process.env.CI === 'true') t.fail(line);
  else t.pass();
  return true;
}
