import { type ConnectionFilter, Group } from './wire/group.ts';

/** Told of what is sent to a whole group. */
export type OnGroupText = (text: string, name: string) => void;

/** A group whose texts go to the connections of other processes, too. */
class SharedGroup extends Group {
  readonly #onText: (text: string) => void;

  constructor(onText: (text: string) => void) {
    super();
    this.#onText = onText;
  }

  override broadcast(text: string, filter?: ConnectionFilter): number {
    const sent = super.broadcast(text, filter);
    if (filter === undefined) this.#onText(text);
    return sent;
  }

  deliver(text: string): void {
    super.broadcast(text);
  }
}

/**
 * Groups by name. A group lives for as long as somebody holds it: a member's connection, or whoever asked for it; so a
 * name has one group at a time, and one that nobody uses any more is forgotten.
 */
export class NamedGroups {
  readonly #groups = new Map<string, WeakRef<Group>>();
  readonly #onText: OnGroupText | undefined;
  readonly #collected = new FinalizationRegistry<string>((name) => {
    // A new group of this name may have been made meanwhile.
    if (this.#groups.get(name)?.deref() === undefined) this.#groups.delete(name);
  });

  /** @param onText where there are other processes with groups of the same names */
  constructor(onText?: OnGroupText) {
    this.#onText = onText;
  }

  /** The group of this name; it is made where there is none. */
  get(name: string): Group {
    const known = this.#groups.get(name)?.deref();
    if (known) return known;
    const onText = this.#onText;
    const group = onText ? new SharedGroup((text) => onText(text, name)) : new Group();
    this.#groups.set(name, new WeakRef(group));
    this.#collected.register(group, name);
    return group;
  }

  /** Sends a text of another process to the members that a group has here. */
  deliver(text: string, name: string): void {
    const group = this.#groups.get(name)?.deref();
    if (group instanceof SharedGroup) group.deliver(text);
  }
}
