import type { Contender } from './contenders.ts';
import { linePanel } from './line-panel.ts';
import { median } from './median.ts';
import type { Report } from './report.ts';
import { circle, picture, rect, text } from './svg.ts';
import { figureOf, number, type ShapeResult } from './table.ts';

const WIDTH = 880;
const MARGIN = 20;
const GREY = '#59636e';

/** Colours that stay apart for the colour-blind (Okabe and Ito), ours the strongest. */
const colours: Record<string, string> = {
  'text-event-server': '#d55e00',
  ws: '#0072b2',
  'nodejs-websocket': '#009e73',
  websocket: '#8c959f',
  'socket.io': '#8c959f',
  bun: '#cc79a7',
};
const colourOf = ({ id }: Contender) => colours[id] ?? GREY;

/** A panel of bars for each shape, each on a scale of its own that begins at zero. */
export function barChart({ shapes, contenders }: Report): string {
  const barHeight = 18;
  const panelWidth = (WIDTH - 3 * MARGIN) / 2;
  const panelHeight = 30 + contenders.length * barHeight + 14;
  const panels = shapes.map((result, i) => {
    const x = MARGIN + (i % 2) * (panelWidth + MARGIN);
    const y = 52 + Math.floor(i / 2) * panelHeight;
    return barPanel(result, contenders, x, y, panelWidth, barHeight);
  });
  const height = 52 + Math.ceil(shapes.length / 2) * panelHeight;
  return picture(WIDTH, height, 'What a message costs each server', [
    text(MARGIN, 30, 'Server CPU per message, memory per connection: less is better', {
      'font-size': 16,
      'font-weight': 600,
    }),
    ...panels,
  ]);
}

function barPanel(
  { shape, series }: ShapeResult,
  contenders: readonly Contender[],
  x: number,
  y: number,
  width: number,
  barHeight: number,
): string {
  const nameWidth = 136;
  const valueWidth = 48;
  const values = contenders.map(({ id }) => figureOf(series.get(id)));
  const scale = (width - nameWidth - valueWidth) / Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const bars = contenders.map((contender, i) => {
    const [value, top] = [values[i], y + 24 + i * barHeight];
    const length = Math.max(1, (value ?? 0) * scale);
    const weight = contender.id === 'text-event-server' ? { 'font-weight': 600 } : {};
    return [
      text(x + nameWidth - 8, top + 13, contender.label, { 'text-anchor': 'end', ...weight }),
      value === undefined ? '' : rect(x + nameWidth, top + 2, length, barHeight - 5, colourOf(contender)),
      text(x + nameWidth + (value === undefined ? 0 : length) + 6, top + 13, number(value), weight),
    ].join('\n');
  });
  return [text(x, y + 14, `${shape.label}, ${shape.unit}`, { fill: GREY, 'font-weight': 600 }), ...bars].join('\n');
}

/** Three panels over the number of connections: a message, a connection, the end of all. */
export function growthChart({ growth, contenders }: Report): string {
  const some = contenders.filter(({ id }) => growth[0]?.series.has(id));
  const panels = [
    { key: 'message', title: 'CPU per message, µs', from: 0, log: false },
    { key: 'memory', title: 'Memory per connection, KiB', from: 1000, log: false },
    { key: 'disconnectCpu', title: 'CPU when all go at once, ms', from: 0, log: true },
  ] as const;
  const panelWidth = (WIDTH - 4 * MARGIN) / 3;
  const drawn = panels.map(({ key, title, from, log }, i) => {
    const lines = some.map((contender) => ({
      colour: colourOf(contender),
      points: growth.flatMap(({ size, series }): [number, number][] => {
        const value = median((series.get(contender.id)?.samples ?? []).map((sample) => sample[key]));
        return value === undefined || size < from ? [] : [[size, value]];
      }),
    }));
    return linePanel({
      title,
      lines,
      log,
      x: MARGIN + i * (panelWidth + MARGIN),
      y: 76,
      width: panelWidth,
      height: 220,
    });
  });
  const legend = some.map((contender, i) => {
    const x = MARGIN + 6 + i * 160;
    return `${circle(x, 52, colourOf(contender))}\n${text(x + 10, 56, contender.label)}`;
  });
  return picture(WIDTH, 320, 'How cost grows with the number of connections', [
    text(MARGIN, 30, 'The same load on ever more connections: less is better', { 'font-size': 16, 'font-weight': 600 }),
    ...legend,
    ...drawn,
  ]);
}
