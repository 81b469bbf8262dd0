import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { missing, openssl } from './tools.ts';

export interface Certificate {
  key: string;
  cert: string;
  keyFile: string;
  certFile: string;
}

/**
 * A self-signed certificate for localhost and 127.0.0.1; its files are gone after the test.
 * Undefined where there is no openssl: the test has been left out in plain sight and should return.
 */
export function makeCertificate(t: ExecutionContext): Certificate | undefined {
  if (missing(t, openssl)) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'text-event-certificate-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const keyFile = join(dir, 'key.pem');
  const certFile = join(dir, 'cert.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', keyFile];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...key, ...name, '-days', '30', '-out', certFile];
  execFileSync(openssl.path() as string, args, { stdio: 'ignore' });
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), keyFile, certFile };
}
