import test from 'ava';
import { preferredLanguage } from '../../client/src/texts.ts';

test('a language chosen earlier comes before the ones of the browser', (t) => {
  t.is(preferredLanguage('en', ['zh-CN']), 'en');
});

test('the first language of the browser that there is decides', (t) => {
  t.is(preferredLanguage(null, ['de-CH', 'zh-Hant-TW', 'en']), 'zh');
});

test('English is for everybody else, and for a stored word that is no language', (t) => {
  t.is(preferredLanguage(null, ['fr']), 'en');
  t.is(preferredLanguage(null, []), 'en');
  t.is(preferredLanguage('klingon', ['zh']), 'zh');
});
