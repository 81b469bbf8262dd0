import { byId } from './elements.ts';
import { addTexts } from './language.ts';
import { keepToken, takeTokenOfAddress } from './page-token.ts';
import { tokenTexts } from './token-texts.ts';

const { setText } = addTexts(tokenTexts);

/** What the server said to a request, in its status, or to a connection; undefined where it says nothing of tokens. */
export type Refused = 401 | 403 | undefined;

/** A field for a token, which is there while the server asks for one. */
export class TokenForm {
  readonly #form = byId('token-form', HTMLFormElement);
  readonly #field = byId('token', HTMLInputElement);

  /** @param use called when there is another token */
  constructor(use: () => void) {
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      keepToken(this.#field.value.trim());
      this.#field.value = '';
      use();
    };
    // A link with a token that is followed in a tab where the page is open already loads nothing.
    addEventListener('hashchange', () => {
      if (takeTokenOfAddress()) use();
    });
  }

  /** Asks for a token, or stops asking. */
  ask(refused: Refused): void {
    if (refused) setText(byId('token-words', HTMLElement), refused === 403 ? 'tokenForbidden' : 'tokenNeeded');
    this.#form.hidden = refused === undefined;
  }
}
