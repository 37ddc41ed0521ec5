/**
 * Repeatable randomness: the same numbers in give the same numbers out, on every machine and in every order of asking.
 * All of the sandbox's data is built from these functions, so that any two windows of a history agree.
 */

/** Mixes two 32-bit integers into one evenly spread unsigned 32-bit integer. */
export function mix(first: number, second: number): number {
  let hash = Math.imul((first ^ 0x9e3779b9) + (second | 0), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ second, 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** Unsigned 32-bit hash of a text under a seed; works on UTF-16 code units, so every name has one. */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return mix(hash, text.length)
}

/** Even number in [0, 1) that belongs to `hash` and `position`. */
export function fraction(hash: number, position: number): number {
  return mix(hash, position) / 0x1_0000_0000
}

/** Whole number in [least, most] that belongs to `hash` and `position`. */
export function whole(hash: number, position: number, least: number, most: number): number {
  return least + Math.floor(fraction(hash, position) * (most - least + 1))
}

/** Smooth noise in [-1, 1]: random at whole positions, eased in between. */
export function smoothNoise(hash: number, position: number): number {
  const left = Math.floor(position)
  const along = position - left
  const eased = along * along * (3 - 2 * along)
  const from = fraction(hash, left)
  return (from + (fraction(hash, left + 1) - from) * eased) * 2 - 1
}
