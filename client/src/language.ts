import { recall, remember } from './stored.ts';
import { type Language, preferredLanguage, sharedTexts } from './texts.ts';

/** The names of texts that stand as they are; the others need a number or a name. */
type PlainText<T> = { [K in keyof T]: T[K] extends string ? K : never }[keyof T] & string;

export interface Wording<T> {
  /** The texts in the page's language. */
  texts(): T;
  /** Writes a text into the element and keeps it in the page's language from now on. */
  setText(element: Element, name: PlainText<T>): void;
}

/** Every text by its name, for the elements of the HTML, which name theirs. */
const known: Record<Language, Record<string, unknown>> = { zh: {}, en: {} };

let current: Language = 'zh';

/** Adds texts to those that the page knows. */
export function addTexts<T extends object>(languages: Record<Language, T>): Wording<T> {
  Object.assign(known.zh, languages.zh);
  Object.assign(known.en, languages.en);
  return { texts: () => languages[current], setText };
}

export const { texts: shared } = addTexts(sharedTexts);

export function useBrowserLanguage(): void {
  show(preferredLanguage(recall('language'), navigator.languages));
}

export function switchLanguage(): void {
  show(current === 'zh' ? 'en' : 'zh');
  remember('language', current);
}

/** Like `setText`, for what is put together from a text and something else. */
export function setWords(element: Element, words: () => string): void {
  element.removeAttribute('data-text');
  element.setAttribute('data-words', '');
  composed.set(element, words);
  element.textContent = words();
}

const composed = new WeakMap<Element, () => string>();

function setText(element: Element, name: string): void {
  element.removeAttribute('data-words');
  element.setAttribute('data-text', name);
  element.textContent = textNamed(name);
}

function show(language: Language): void {
  current = language;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-text]'))
    setText(element, element.getAttribute('data-text') ?? '');
  for (const element of document.querySelectorAll('[data-words]'))
    element.textContent = composed.get(element)?.() ?? '';
  translate('data-label', 'aria-label');
  translate('data-placeholder', 'placeholder');
}

/** Sets an attribute of the elements that name its text in another one. */
function translate(naming: string, attribute: string): void {
  for (const element of document.querySelectorAll(`[${naming}]`)) {
    element.setAttribute(attribute, textNamed(element.getAttribute(naming) ?? ''));
  }
}

function textNamed(name: string): string {
  return String(known[current][name]);
}
