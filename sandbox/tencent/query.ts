/** A request target taken apart. */
export interface TencentQuery {
  /** Everything before the question mark. */
  readonly path: string
  /** Decoded pairs in order of appearance. */
  readonly pairs: readonly (readonly [name: string, value: string])[]
  /** False when a name or value cannot be decoded. */
  readonly isReadable: boolean
}

/** Splits and decodes a request target; `+` means a blank, as in forms. Never throws. */
export function readQuery(target: string): TencentQuery {
  const [address = ''] = target.split('#', 1)
  const mark = address.indexOf('?')
  const path = mark === -1 ? address : address.slice(0, mark)
  const pairs: [string, string][] = []
  let isReadable = true
  for (const part of mark === -1 ? [] : address.slice(mark + 1).split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals))
    const value = decode(equals === -1 ? '' : part.slice(equals + 1))
    if (name === undefined || value === undefined) isReadable = false
    else pairs.push([name, value])
  }
  return { path, pairs, isReadable }
}

/** Values of every parameter with this exact name. */
export function valuesOf(query: TencentQuery, name: string): string[] {
  return query.pairs.filter(([candidate]) => candidate === name).map(([, value]) => value)
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
