// How commands end.

/** How a command went. */
export interface Outcome {
  /** 0 when it was done, 2 when it was asked for something that there is not, 1 for every other failure. */
  readonly exitCode: 0 | 1 | 2
  /** What there is to say about it, without the end of the line. */
  readonly text: string
}

/** Names in a sentence, also such as an operator typed. */
export function toNameList(names: readonly string[]): string {
  // What was typed may be anything, a secret pasted by mistake among it.
  return names.map((name) => (/^[\w.-]{1,40}$/.test(name) ? name : `"…" (${name.length} characters)`)).join(', ')
}
