import { create } from './elements.ts';
import { setWords } from './language.ts';
import { portrait } from './portrait.ts';

/** Shows who is here, oneself first; `me` puts one's own name in words. */
export function showMembers(
  list: HTMLElement,
  names: readonly string[],
  own: string,
  me: (name: string) => string,
): void {
  const others = names.filter((name) => name !== own).sort((a, b) => a.localeCompare(b, 'zh-CN'));
  list.replaceChildren(
    ...[own, ...others].map((name) => {
      const words = create('span', 'member-name');
      words.dir = 'auto';
      if (name === own) setWords(words, () => me(name));
      else words.textContent = name;
      const item = create('li', 'member');
      item.append(portrait(name), words);
      return item;
    }),
  );
}
