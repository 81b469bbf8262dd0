import { median } from './median.ts';
import type { Report } from './report.ts';
import type { Series } from './rounds.ts';
import type { Shape } from './shapes.ts';

/** Below this share the server waits for the load, and reads fewer messages at a time than it could. */
export const BUSY_ENOUGH = 0.9;

type ShapeSeries = Series<ReturnType<Shape['figure']>>;
export type ShapeResult = Report['shapes'][0];

export const figureOf = (series: ShapeSeries | undefined) => median((series?.samples ?? []).map(({ value }) => value));

/** The figures of every contender; `*` where the server was not busy all the time. */
export function figuresTable({ shapes, contenders }: Report): string {
  const rows = shapes.map(({ shape, series }) => [
    `${shape.label}, ${shape.unit}`,
    ...contenders.map(({ id }) => cell(series.get(id))),
  ]);
  return table(['', ...contenders.map(({ label }) => label)], rows);
}

function cell(series: ShapeSeries | undefined): string {
  const idles = (median((series?.samples ?? []).map(({ busy = 1 }) => busy)) ?? 1) < BUSY_ENOUGH;
  return `${number(figureOf(series))}${idles ? ' *' : ''}`;
}

/** Ours divided by theirs, beside the figure to reach. */
export function ratiosTable({ shapes, contenders }: Report): string {
  const rivals = contenders.filter(({ id }) => id === 'ws' || id === 'bun');
  if (rivals.length === 0) return '';
  const rows = shapes.map((result) => [
    result.shape.label,
    ...rivals.flatMap(({ id }) => {
      const ratio = ratioTo(result, id);
      const target = result.shape.target[id];
      const held = ratio === undefined || target === undefined ? '' : ratio <= target ? ', held' : ', **not held**';
      return [number(ratio), target === undefined ? '–' : `≤ ${target}${held}`];
    }),
  ]);
  return table(['', ...rivals.flatMap(({ label }) => [`to ${label}`, 'target'])], rows);
}

/** Of the medians, so that the table of figures gives the same. */
function ratioTo({ series }: ShapeResult, rival: string): number | undefined {
  const [ours, theirs] = [figureOf(series.get('text-event-server')), figureOf(series.get(rival))];
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

export function growthTable({ growth, contenders }: Report): string {
  const rows = growth.flatMap(({ size, series }) =>
    contenders
      .filter(({ id }) => series.has(id))
      .map(({ id, label }) => {
        const samples = series.get(id)?.samples ?? [];
        const of = (key: keyof (typeof samples)[0]) => number(median(samples.map((sample) => sample[key])));
        // A hundred connections are less than the noise of a heap.
        const memory = size < 1000 ? '–' : of('memory');
        return [size.toLocaleString('en'), label, of('message'), memory, of('disconnect'), of('disconnectCpu')];
      }),
  );
  const head = ['connections', '', 'µs per message', 'KiB per connection', 'all gone in, ms', 'CPU for that, ms'];
  return table(head, rows);
}

/** Why a cell is empty. */
export function failures({ shapes, growth, rooms, redis, contenders }: Report): string {
  const all = [
    ...shapes.map(({ shape, series }) => ({ label: shape.label, series })),
    ...growth.map(({ size, series }) => ({ label: `growth to ${size.toLocaleString('en')}`, series })),
    ...rooms.map(({ row, series }) => ({ label: `rooms, ${row.id}`, series })),
  ];
  const lines = contenders.flatMap(({ id, label }) => {
    return all.flatMap((trial) => {
      const failure = trial.series.get(id)?.failure;
      return failure === undefined ? [] : [`- ${label}, ${trial.label}: ${failure}`];
    });
  });
  const ofRedis = redis.flatMap(({ row, setups, series }) =>
    setups.flatMap(({ id, label }) => {
      const failure = series.get(id)?.failure;
      return failure === undefined ? [] : [`- ${label}, ${row.label}: ${failure}`];
    }),
  );
  return [...lines, ...ofRedis].join('\n');
}

export function failed({ shapes, growth, rooms, redis }: Report, id: string): boolean {
  if ([...shapes, ...growth, ...rooms].some(({ series }) => series.get(id)?.failure !== undefined)) return true;
  return redis.some(({ setups, series }) =>
    setups.some((setup) => setup.contender === id && series.get(setup.id)?.failure !== undefined),
  );
}

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const align = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(head), line(align), ...rows.map(line)].join('\n');
}

/** Three significant digits, or `–`. */
export function number(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
}
