// What the environment adds to the settings file: `${NAME}` inside texts, and a few variables of its own.
import { type ConfigProblem, toPathText } from './problems.ts'
import { isMapping } from './settings-file.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Settings with what the environment adds. */
export interface FilledSettings {
  readonly value: Readonly<Record<string, unknown>>
  /** Path text → variables the value there was taken from. Such a value is text, and may be a secret. */
  readonly origins: ReadonlyMap<string, readonly string[]>
  readonly problems: readonly ConfigProblem[]
}

/** Variables that override a setting. An empty one counts as not set. */
const overrides = [
  { variable: 'HOST', section: 'server', setting: 'host' },
  { variable: 'PORT', section: 'server', setting: 'port' },
  { variable: 'REDIS_URL', section: 'redis', setting: 'url' },
  { variable: 'LOG_LEVEL', section: 'log', setting: 'level' },
  { variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', section: 'tracing', setting: 'endpoint' },
] as const

/** Puts the environment's values in: first every `${NAME}` (`$${` stands for `${`), then the overrides. */
export function fillFromEnvironment(
  settings: Readonly<Record<string, unknown>>,
  environment: Environment,
): FilledSettings {
  const origins = new Map<string, readonly string[]>()
  const problems: ConfigProblem[] = []

  function fillText(text: string, path: readonly PropertyKey[]): string {
    const variables: string[] = []
    const filled = text.replace(/(\$?)\$\{([^}]*)(\}?)/g, (match, dollar: string, name: string, end: string) => {
      if (dollar !== '') return match.slice(1)
      if (end === '' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        problems.push({
          path: toPathText(path),
          problem: 'has a "${" that begins no variable',
          allowed: '"${NAME}" with a name of letters, digits and "_"',
          remedy: 'write "$${" for a literal "${"',
        })
        return match
      }
      variables.push(name)
      const value = environment[name]
      if (value === undefined)
        problems.push({
          path: toPathText(path),
          problem: `takes \${${name}} from the environment, where no ${name} is set`,
          allowed: null,
          remedy: `set the environment variable ${name}`,
        })
      return value ?? ''
    })
    if (variables.length > 0) origins.set(toPathText(path), variables)
    return filled
  }

  function fill(value: unknown, path: readonly PropertyKey[]): unknown {
    if (typeof value === 'string') return fillText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (isMapping(value))
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, [...path, name])]))
    return value
  }

  const filled = new Map(Object.entries(settings).map(([name, item]) => [name, fill(item, [name])]))
  for (const { variable, section, setting } of overrides) {
    const value = environment[variable]
    const before = filled.get(section) ?? {}
    if (value === undefined || value === '' || !isMapping(before)) continue
    filled.set(section, { ...before, [setting]: value })
    origins.set(toPathText([section, setting]), [variable])
  }
  return { value: Object.fromEntries(filled), origins, problems }
}
