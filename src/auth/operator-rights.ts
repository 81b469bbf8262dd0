/** What a token may give who operates the server: to see its status and metrics, and to close connections. */
const OPERATOR_RIGHTS = ['see', 'close'] as const;

export type OperatorRight = (typeof OPERATOR_RIGHTS)[number];

/**
 * Checks rights that came from outside.
 * @throws TypeError with what was got and what was expected
 */
export function checkOperatorRights(rights: unknown): readonly OperatorRight[] {
  const allowed = `expected ${OPERATOR_RIGHTS.join(', ')}`;
  if (!Array.isArray(rights)) throw new TypeError(`operator: got no list of rights, ${allowed}`);
  return rights.map((value: unknown) => {
    const right = OPERATOR_RIGHTS.find((known) => known === value);
    if (right) return right;
    throw new TypeError(`operator: got the right ${JSON.stringify(value)?.slice(0, 80)}, ${allowed}`);
  });
}
