/** One row per close code: its number (RFC 6455 section 7.4.1 and the IANA registry), the reason sent, and whether a client may come back. */
export interface CloseCode {
  readonly code: number;
  readonly reason: string;
  /** True where the same client may connect again by itself. */
  readonly reconnect: boolean;
}

export const closeCodes = {
  NORMAL: { code: 1000, reason: 'normal closure', reconnect: false },
  GOING_AWAY: { code: 1001, reason: 'going away', reconnect: true },
  PROTOCOL_ERROR: { code: 1002, reason: 'protocol error', reconnect: false },
  UNSUPPORTED_DATA: { code: 1003, reason: 'unsupported data', reconnect: false },
  /** Never on the wire: the Close frame had no code. */
  NO_STATUS: { code: 1005, reason: '', reconnect: true },
  /** Never on the wire: the connection ended without a Close frame. */
  ABNORMAL: { code: 1006, reason: '', reconnect: true },
  INVALID_PAYLOAD: { code: 1007, reason: 'text is not valid UTF-8', reconnect: false },
  POLICY_VIOLATION: { code: 1008, reason: 'policy violation', reconnect: false },
  MESSAGE_TOO_BIG: { code: 1009, reason: 'message too big', reconnect: false },
  INTERNAL_ERROR: { code: 1011, reason: 'internal error', reconnect: true },
  SERVICE_RESTART: { code: 1012, reason: 'service restart', reconnect: true },
  TRY_AGAIN_LATER: { code: 1013, reason: 'try again later', reconnect: true },
  /** A code of our own (4000 to 4999 are for applications): the same client has come back on another connection. */
  REPLACED: { code: 4001, reason: 'replaced by a newer connection of the same client', reconnect: false },
  /** The same with 401: without another token coming back is no use. */
  TOKEN_EXPIRED: { code: 4401, reason: 'token expired', reconnect: false },
} as const satisfies Record<string, CloseCode>;

/** Whether an endpoint may put `code` into a Close frame (RFC 6455 sections 7.4.1 and 7.4.2). */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
