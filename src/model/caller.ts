// Who asks. Decided by `access`, carried by every request.

/** `reader` asks questions; `ops` may also introspect the schema and read operational data. */
export type Role = 'reader' | 'ops'

/** An authenticated (or, in open mode, anonymous) client. */
export interface Caller {
  /** Name of the key in the settings, what the token calls its holder, or `anonymous`. Never a key or a part of one. */
  readonly name: string
  readonly role: Role
  /** Accounts the caller may see. Any other looks exactly like one that does not exist. */
  readonly accounts: 'all' | ReadonlySet<string>
  /** When what the client showed stops being good, in milliseconds since the epoch. Left out: never. */
  readonly expiresAtMs?: number
}

/** What no client is called by a key or a token, and who is called so instead where numbers are told by client. */
export const takenNames: ReadonlyMap<string, string> = new Map([
  ['anonymous', 'whoever asks without a key'],
  ['other', 'everybody who is not told apart'],
  ['snapshot-collector', 'Weir itself where it collects snapshots'],
])

/** Whether the caller may see the account of that name. */
export function maySee(caller: Caller, account: string): boolean {
  return caller.accounts === 'all' || caller.accounts.has(account)
}
