// Values that many readers share.

/**
 * Freezes a value and everything plain in it: objects and arrays. Instances of classes are left as they are, and what
 * comes frozen is taken to be so throughout. About 0.2 ms for 1 440 rows of four fields.
 */
export function deepFreeze(value: unknown): void {
  if (!isOpen(value)) return
  Object.freeze(value)
  const pending: object[] = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const part of Object.values(next)) {
      if (!isOpen(part)) continue
      // Before its parts are looked at: a circle ends here.
      Object.freeze(part)
      pending.push(part)
    }
  }
}

/** The same for what JSON.parse has just made, in which nothing is frozen or of a class. Takes two thirds of the time. */
export function freezeParsed(value: unknown): void {
  if (!isObject(value)) return
  const pending: object[] = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    Object.freeze(next)
    if (Array.isArray(next)) {
      for (const part of next) if (isObject(part)) pending.push(part)
    } else {
      // By their names: a list of the values for each of many rows would be more to clear away than the rows.
      for (const name in next) {
        const part: unknown = Reflect.get(next, name)
        if (isObject(part)) pending.push(part)
      }
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isOpen(value: unknown): value is object {
  if (!isObject(value) || Object.isFrozen(value)) return false
  if (Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
