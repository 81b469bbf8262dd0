import { create } from './elements.ts';
import { initials, toneOf } from './person.ts';

/** A round picture with the initials, for who can see it: the name must stand beside it. */
export function portrait(name: string): HTMLElement {
  const picture = create('span', '');
  picture.ariaHidden = 'true';
  paint(picture, name);
  return picture;
}

export function paint(picture: HTMLElement, name: string): void {
  picture.className = name === '' ? 'portrait' : `portrait tone-${toneOf(name)}`;
  picture.textContent = initials(name);
}
