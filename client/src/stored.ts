// Browsers that block a site's data throw on the very mention of localStorage.

/** What `remember` kept under the name, in this browser or, with `session`, in this tab alone. */
export function recall(name: string, session = false): string | null {
  try {
    return storage(session).getItem(key(name));
  } catch {
    return null;
  }
}

/** Keeps a value for the next visit, where the browser lets a page do that. Undefined forgets it. */
export function remember(name: string, value: string | undefined, session = false): void {
  try {
    if (value === undefined) storage(session).removeItem(key(name));
    else storage(session).setItem(key(name), value);
  } catch {
    // Then the next visit begins anew.
  }
}

function storage(session: boolean): Storage {
  return session ? sessionStorage : localStorage;
}

function key(name: string): string {
  return `text-event-server.${name}`;
}
