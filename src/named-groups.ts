import { Group } from './wire/group.ts';

/**
 * Groups by name. A group lives for as long as somebody holds it: a member's connection, or whoever asked for it; so a
 * name has one group at a time, and one that nobody uses any more is forgotten.
 */
export class NamedGroups {
  readonly #groups = new Map<string, WeakRef<Group>>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    // A new group of this name may have been made meanwhile.
    if (this.#groups.get(name)?.deref() === undefined) this.#groups.delete(name);
  });

  /** The group of this name; it is made where there is none. */
  get(name: string): Group {
    const known = this.#groups.get(name)?.deref();
    if (known) return known;
    const group = new Group();
    this.#groups.set(name, new WeakRef(group));
    this.#collected.register(group, name);
    return group;
  }
}
