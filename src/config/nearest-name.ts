// Which known name a mistyped one was meant to be.

/** The known name that is nearest to what was written, or undefined when none is near. */
export function findNearestName(written: string, known: readonly string[]): string | undefined {
  const near = known
    .map((name) => ({ name, distance: countEdits(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(name.length < 4 ? 1 : 2, Math.floor(name.length / 3)))
    .sort((one, other) => one.distance - other.distance)
  return near[0]?.name
}

/** Levenshtein distance, for the short names of settings. */
function countEdits(one: string, other: string): number {
  if (one.length > 64) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let index = 1; index <= one.length; index += 1) {
    const next = [index]
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (one[index - 1] === other[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
