import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Leaves out of Bootstrap's style sheet what no page here uses: more than nine tenths of it. */
export function trimBootstrap(): Plugin {
  return {
    name: 'trim-bootstrap',
    enforce: 'pre',
    transform: (css, id) => (id.endsWith('/bootstrap.css') ? trim(css) : undefined),
  };
}

function trim(css: string): string {
  const used = usedClasses();
  const rules = css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/([^{};]+)\{([^{}]*)\}/g, (_rule, selectors: string, declarations: string) => {
      const kept = splitSelectors(selectors).filter((selector) => isUsed(selector, used));
      return kept.length > 0 ? `${kept.join(',')}{${declarations}}` : '';
    });
  return dropProperties(rules, sources('.css') + sources('.ts'));
}

/** A script gives a class to an element in a string; its own words, such as row or active, are none. */
function usedClasses(): Set<string> {
  const given = [
    ...(sources('.html').match(/class="[^"]*"/g) ?? []),
    ...(sources('.ts').match(/'[^'\n]*'|`[^`\n]*`/g) ?? []),
  ];
  return new Set(given.join(' ').match(/[\w-]+/g));
}

function splitSelectors(selectors: string): string[] {
  return selectors.split(/,(?![^()]*\))/);
}

/** Whether elements can match: all of its classes are given to some, but for those that it excludes. */
function isUsed(selector: string, used: ReadonlySet<string>): boolean {
  const classes = selector.replace(/:not\([^)]*\)/g, '').matchAll(/\.([a-z][\w-]*)/gi);
  return [...classes].every(([, name = '']) => used.has(name));
}

/** Drops custom properties that neither the style sheet nor `others` mention but to set them, again and again, until all are. */
function dropProperties(css: string, others: string): string {
  const used = new Set(`${css} ${others}`.match(/(?<=var\()--bs-[\w-]+/g));
  for (const [name] of others.matchAll(/--bs-[\w-]+/g)) used.add(name);
  const kept = css.replace(/(--bs-[\w-]+):(?:[^;{}"]|"[^"]*")*;/g, (set, name: string) => (used.has(name) ? set : ''));
  return kept === css ? css : dropProperties(kept, others);
}

/** All files of the pages with this ending, joined. */
function sources(extension: string): string {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension) && (path.startsWith('src/') || extension === '.html'))
    .map((path) => readFileSync(`${import.meta.dirname}/${path}`, 'utf8'))
    .join('\n');
}
