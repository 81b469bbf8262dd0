import type { Contender } from '../contenders.ts';
import { median } from '../median.ts';
import type { Series } from '../rounds.ts';
import { BUSY_ENOUGH, number, table } from '../table.ts';
import { BUSY, type RoomFigure, type RoomRow, type RoomSample } from './rows.ts';

export interface RoomResult {
  row: RoomRow;
  series: Map<string, Series<RoomSample>>;
}

const OURS = 'text-event-server';

/** A line for each figure, the target beside ours; `*` where the server was not busy all the time. */
export function roomsTable(rooms: readonly RoomResult[], contenders: readonly Contender[]): string {
  const some = contenders.filter(({ id }) => rooms.some(({ series }) => series.has(id)));
  const lines = rooms.flatMap(({ row, series }) =>
    row.figures.map((figure) => [
      figure.label,
      ...some.flatMap(({ id }) => {
        const cells = [cell(figure, series.get(id))];
        return id === OURS ? [...cells, target(figure, medianOf(figure.key, series.get(id)))] : cells;
      }),
    ]),
  );
  return table(['', ...some.flatMap(({ id, label }) => (id === OURS ? [label, 'target'] : [label]))], lines);
}

function medianOf(key: string, series: Series<RoomSample> | undefined): number | undefined {
  return median((series?.samples ?? []).flatMap((sample) => sample[key] ?? []));
}

function cell({ key }: RoomFigure, series: Series<RoomSample> | undefined): string {
  const value = medianOf(key, series);
  const idles = key === 'cpu' && (medianOf(BUSY, series) ?? 1) < BUSY_ENOUGH;
  const shown = Number.isInteger(value) ? (value as number).toLocaleString('en') : signed(value);
  return `${shown}${idles ? ' *' : ''}`;
}

/** Memory that was given back is a gain below zero. */
function signed(value: number | undefined): string {
  return value !== undefined && value < 0 ? `-${number(-value)}` : number(value);
}

function target({ target }: RoomFigure, value: number | undefined): string {
  if (target === undefined) return '–';
  const [sign, bound] = 'atMost' in target ? ['≤', target.atMost] : ['≥', target.atLeast];
  const wanted = bound === 0 ? '0' : `${sign} ${bound.toLocaleString('en')}`;
  if (value === undefined) return wanted;
  return `${wanted}, ${(sign === '≤' ? value <= bound : value >= bound) ? 'held' : '**not held**'}`;
}
