import { circle, line, polyline, text } from './svg.ts';

export interface LinePanel {
  title: string;
  lines: { colour: string; points: [number, number][] }[];
  /** A logarithmic scale upwards; rightwards it always is. */
  log: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

const AXIS_WIDTH = 42;
const [TITLE_HEIGHT, AXIS_HEIGHT] = [26, 36];
const GRID = '#e4e8ec';
const GREY = '#59636e';

export function linePanel({ title, lines, log, x, y, width, height }: LinePanel): string {
  const points = lines.flatMap((each) => each.points).filter(([, value]) => !log || value > 0);
  const sizes = [...new Set(points.map(([size]) => size))].sort((a, b) => a - b);
  const values = points.map(([, value]) => value);
  const [left, right, top, bottom] = [x + AXIS_WIDTH, x + width - 14, y + TITLE_HEIGHT, y + height - AXIS_HEIGHT];
  const marks = log ? powers(values) : evenMarks(values);
  const across = scale(sizes.map(Math.log), left, right);
  const up = scale(log ? marks.map(Math.log) : marks, bottom, top);
  const at = ([size, value]: [number, number]): [number, number] => [
    across(Math.log(size)),
    up(log ? Math.log(value) : value),
  ];
  const small = { fill: GREY, 'font-size': 11 };
  return [
    text(x, y + 10, title, { fill: GREY, 'font-weight': 600 }),
    ...marks.flatMap((mark) => {
      const [, height] = at([sizes[0] ?? 1, mark]);
      const label = text(left - 6, height + 4, mark.toLocaleString('en'), { ...small, 'text-anchor': 'end' });
      return [line(left, height, right, height, GRID), label];
    }),
    ...sizes.map((size, i) => {
      const place = across(Math.log(size));
      // One that would run into its neighbour stands a line lower.
      const low = i > 0 && place - across(Math.log(sizes[i - 1] as number)) < 36;
      return text(place, bottom + (low ? 29 : 16), short(size), { ...small, 'text-anchor': 'middle' });
    }),
    ...lines.flatMap(({ colour, points }) => {
      const places = points.filter(([, value]) => !log || value > 0).map(at);
      return [polyline(places, colour), ...places.map(([px, py]) => circle(px, py, colour))];
    }),
  ].join('\n');
}

function scale(values: number[], from: number, to: number): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (value) => (most === least ? (from + to) / 2 : from + ((value - least) / (most - least)) * (to - from));
}

/** From zero in round steps to above the highest. */
function evenMarks(values: number[]): number[] {
  const most = Math.max(...values, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = ([1, 2, 2.5, 5, 10].find((each) => most / 4 <= each * power) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** The powers of ten around all values. */
function powers(values: number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: to - from + 1 }, (_, i) => Number((10 ** (from + i)).toPrecision(6)));
}

/** 19,800 as `19.8k`. */
function short(size: number): string {
  return size < 1000 ? String(size) : `${size / 1000}k`;
}
