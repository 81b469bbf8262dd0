import type { Scope } from '../helpers/scope.ts';
import type { Disaster, Scale } from './disaster.ts';
import type { Loss, Verdict } from './ledger.ts';

export interface Row extends Verdict {
  title: string;
  /** From the blow until everyone was connected again and had what was acknowledged by then; the longest of them. */
  seconds: number;
  losses: Loss[];
}

/** One disaster from a fresh server to the verdict; undefined where this machine lacks what it takes. */
export async function prove(t: Scope, disaster: Disaster, scale: Scale): Promise<Row | undefined> {
  const crowd = await disaster.strike(t, scale);
  if (!crowd) return undefined;
  await crowd.stop();
  const { ledger, slowest } = crowd;
  return { title: disaster.title, ...ledger.verdict(), seconds: slowest, losses: ledger.losses() };
}

export function isClean({ acknowledged, received, lost, doubled, disordered, interrupted }: Row): boolean {
  return acknowledged > 0 && received > 0 && lost + doubled + disordered + interrupted === 0;
}

const HEADINGS = [
  'disaster',
  'published',
  'acknowledged',
  'received',
  'lost',
  'doubled',
  'out of order',
  'gaps',
  'back after',
];

/** As a Markdown table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.title,
    ...[row.published, row.acknowledged, row.received, row.lost, row.doubled, row.disordered, row.interrupted].map(
      String,
    ),
    `${row.seconds.toFixed(1)} s`,
  ]);
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(HEADINGS), rule, ...cells.map(line)].join('\n');
}
