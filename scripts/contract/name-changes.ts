// Changes of settings and metrics, by the pages that are made from the code: one line for each name, and what holds of it.
import type { Changes } from './changes.ts'

/** A setting: `server.port`, `accounts[tencent].credentials.appId required`. From the text of docs/configuration.md. */
export function listSettings(page: string): readonly string[] {
  let place = ''
  return page.split('\n').flatMap((line) => {
    const heading = /^##+ (.*)/.exec(line)?.[1]
    if (heading !== undefined) place = toPlace(heading)
    const [, name, , fallback = ''] = /^\| `([^`]+)` \| (.*) \| ([^|]*) \| [^|]*\|$/.exec(line) ?? []
    return name === undefined ? [] : [`${place}${name}${fallback.includes('required') ? ' required' : ''}`]
  })
}

function toPlace(heading: string): string {
  const provider = /^`provider: (\w+)`/.exec(heading)?.[1]
  if (provider !== undefined) return `accounts[${provider}].`
  const section = /^`(\w+)`$/.exec(heading)?.[1]
  if (section === 'accounts') return 'accounts[].'
  return section === undefined ? '' : `${section}.`
}

/** A metric: `weir_quota_limit gauge account`, `weir_requests_total counter face operation code`. From docs/metrics.md. */
export function listMetrics(page: string): readonly string[] {
  return [...page.matchAll(/^\| `(weir_\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(([, name = '', type = '', labels = '']) =>
    [name, type, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)].join(' '),
  )
}

/** What became of names and what holds of them. Whoever relies on one relies on all that holds of it. */
export function findNameChanges(what: string, released: readonly string[], current: readonly string[]): Changes {
  const before = toFacts(released)
  const after = toFacts(current)
  const breaking = [...before].flatMap(([name, facts]) => {
    const now = after.get(name)
    if (!now) return [`${what} ${name} was removed.`]
    const lost = facts.filter((fact) => fact !== 'required' && !now.includes(fact))
    return [
      ...lost.map((fact) => `${what} ${name} is not ${fact} any more.`),
      ...(now.includes('required') && !facts.includes('required') ? [`${what} ${name} is required now.`] : []),
    ]
  })
  const asked = [...after].filter(
    ([name, facts]) => facts.includes('required') && !before.has(name) && !isBelowNew(name, before),
  )
  return {
    breaking: [...breaking, ...asked.map(([name]) => `${what} ${name} is new and required.`)],
    dangerous: [],
  }
}

/** Whether what holds the setting is new too, and so asked of nobody. */
function isBelowNew(name: string, before: ReadonlyMap<string, readonly string[]>): boolean {
  const parent = name.replace(/(?:\.|\[\]\.)[^.]+$/, '')
  return ![...before.keys()].some(
    (known) => known === parent || known.startsWith(`${parent}.`) || known.startsWith(`${parent}[`),
  )
}

function toFacts(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const [name = '', ...facts] = line.split(' ')
        return [name, facts] as const
      }),
  )
}
