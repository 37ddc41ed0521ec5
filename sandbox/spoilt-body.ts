/** Changes to right answers that leave them valid JSON but other than documented. */

type Json = Record<string, unknown>

/** The field that holds the payload of either provider's answers. */
const PAYLOADS = ['output', 'data']

/**
 * Changes the types of an answer. `strings`: every number as text. `wrapped`: an object payload in a list, a list payload
 * as its first item. `null`, `empty-text`, `missing`: the payload replaced or left out. `extra`: unknown fields in every
 * object, `__proto__` among them. `wrong-count`: every `count` is one too many.
 */
export function changeTypes(body: unknown, variant: string): unknown {
  switch (variant) {
    case 'wrapped':
      return changePayload(body, (payload) => (Array.isArray(payload) ? (payload[0] ?? null) : [payload]))
    case 'null':
      return changePayload(body, () => null)
    case 'empty-text':
      return changePayload(body, () => '')
    case 'missing':
      return changePayload(body, () => undefined)
    case 'extra':
      return changeEverywhere(body, (value) =>
        isObject(value)
          ? Object.fromEntries([
              ...Object.entries(value),
              ['unknown_field', [{ x: 1 }]],
              ['__proto__', { polluted: 1 }],
            ])
          : value,
      )
    case 'wrong-count':
      return changeEverywhere(body, (value) =>
        isObject(value) && typeof value['count'] === 'number' ? { ...value, count: value['count'] + 1 } : value,
      )
    default:
      return changeEverywhere(body, (value) => (typeof value === 'number' ? String(value) : value))
  }
}

/** Reverses every list of objects and repeats its first row at the end. */
export function shuffle(body: unknown): unknown {
  return changeEverywhere(body, (value) => {
    if (!Array.isArray(value) || !isObject(value[0])) return value
    return [...value.toReversed(), value.at(-1)]
  })
}

/** Adds `bytes` of useless text, so that the answer stays readable and becomes too large. */
export function addFilling(body: unknown, bytes: number): unknown {
  const filling = 'x'.repeat(bytes)
  return isObject(body) ? { ...body, filling } : `${String(body)}${filling}`
}

function changePayload(body: unknown, change: (payload: unknown) => unknown): unknown {
  if (!isObject(body)) return body
  return Object.fromEntries(
    Object.entries(body)
      .map(([name, value]) => [name, PAYLOADS.includes(name) ? change(value) : value] as const)
      .filter(([, value]) => value !== undefined),
  )
}

function changeEverywhere(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return change(value.map((item) => changeEverywhere(item, change)))
  if (!isObject(value)) return change(value)
  return change(Object.fromEntries(Object.entries(value).map(([name, item]) => [name, changeEverywhere(item, change)])))
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
