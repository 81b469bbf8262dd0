/** A few shapes are all that the charts need. Coordinates are in pixels, from the top left. */
export type Attributes = Record<string, string | number>;

export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${list.join('')}>${content}</${name}>`;
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x: round(x), y: round(y), ...attributes }, escapeMarkup(content));
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return element('line', { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), stroke });
}

export function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return element('rect', { x: round(x), y: round(y), width: round(width), height: round(height), rx: 2, fill });
}

export function circle(x: number, y: number, fill: string): string {
  return element('circle', { cx: round(x), cy: round(y), r: 3.5, fill });
}

export function polyline(points: readonly [number, number][], stroke: string): string {
  const list = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  return element('polyline', { points: list, fill: 'none', stroke, 'stroke-width': 2 });
}

/** A whole file. It has a background of its own, so that it reads the same on a light page and on a dark one. */
export function picture(width: number, height: number, title: string, content: string[]): string {
  const font = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': font,
      'font-size': 12,
      fill: '#1f2328',
    },
    [
      element('title', {}, escapeMarkup(title)),
      element('rect', { width, height, rx: 8, fill: '#ffffff', stroke: '#d1d9e0' }),
      ...content,
    ].join('\n'),
  )}\n`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeMarkup(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
