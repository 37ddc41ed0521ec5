// What a change of the public contract does to those who rely on it.

/** Changes between two versions of one part of the contract. Lines for people. */
export interface Changes {
  /** Somebody who did nothing wrong has to change something. */
  readonly breaking: readonly string[]
  /** Somebody may be surprised. */
  readonly dangerous: readonly string[]
}

/** Changes of several parts as one. */
export function joinChanges(parts: readonly Changes[]): Changes {
  return {
    breaking: parts.flatMap(({ breaking }) => breaking),
    dangerous: parts.flatMap(({ dangerous }) => dangerous),
  }
}

/** Whether `version` may break what `released` promised: it has a higher major, or a higher minor as long as that is 0. */
export function mayBreak(released: string, version: string): boolean {
  const [oldMajor = 0, oldMinor = 0] = toNumbers(released)
  const [major = 0, minor = 0] = toNumbers(version)
  return major > oldMajor || (major === 0 && oldMajor === 0 && minor > oldMinor)
}

/** Order of versions, lowest first. Without what may follow the three numbers. */
export function compareVersions(one: string, other: string): number {
  const others = toNumbers(other)
  const differences = toNumbers(one).map((number, index) => number - (others[index] ?? 0))
  return differences.find((difference) => difference !== 0) ?? 0
}

function toNumbers(version: string): readonly number[] {
  return (/^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
}
