// Objects and lists of a JSON text, in the text and in what was parsed from it. Where the text has more, a name stands
// twice in an object, and what the first one had was dropped. Pure.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const OPENING_BRACE = 0x7b

/** How many objects and lists a text has. @param body valid JSON in UTF-8 */
export function countContainers(body: Uint8Array): number {
  let count = 0
  let isInText = false
  for (let index = 0; index < body.length; index += 1) {
    const byte = body[index]
    if (byte === QUOTE) isInText = !isInText
    else if (isInText && byte === BACKSLASH) index += 1
    else if (!isInText && (byte === OPENING_BRACE || byte === OPENING_BRACKET)) count += 1
  }
  return count
}

/**
 * The objects and lists of a JSON value, itself included, in no order worth relying on. However deep it is nested, it
 * costs no stack.
 * @param except is left out, with all that is in it
 */
export function listContainers(value: unknown, except?: unknown): readonly object[] {
  const found: object[] = []
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null || next === except) continue
    found.push(next)
    for (const item of Object.values(next)) open.push(item)
  }
  return found
}
