import { type Language, languages, type PlainText, preferredLanguage, type Texts } from './texts.ts';

const STORED = 'text-event-server.language';

let current: Language = 'zh';

export function texts(): Texts {
  return languages[current];
}

export function useBrowserLanguage(): void {
  show(preferredLanguage(recall(), navigator.languages));
}

export function switchLanguage(): void {
  show(current === 'zh' ? 'en' : 'zh');
  remember(current);
}

/** Writes a text into the element and keeps it in the page's language from now on. */
export function setText(element: Element, name: PlainText): void {
  element.setAttribute('data-text', name);
  element.textContent = texts()[name];
}

function show(language: Language): void {
  current = language;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = texts().title;
  for (const element of document.querySelectorAll('[data-text]')) setText(element, nameIn(element, 'data-text'));
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', texts()[nameIn(element, 'data-label')]);
  }
  for (const element of document.querySelectorAll('[data-placeholder]')) {
    element.setAttribute('placeholder', texts()[nameIn(element, 'data-placeholder')]);
  }
}

function nameIn(element: Element, attribute: string): PlainText {
  return element.getAttribute(attribute) as PlainText;
}

// Browsers that block a site's data throw on the very mention of localStorage.

function recall(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Then the browser's language decides again next time.
  }
}
