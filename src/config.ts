// The settings file and the environment, made into one frozen value. Nothing else reads the environment.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AccessSettings } from '#access/authenticator.ts'
import { isLoopback } from '#access/loopback.ts'
import type { Provider } from '#contract/provider.ts'
import { type AccountConfig, parseAccount } from './config/accounts.ts'
import { checkAccess, checkAccountNames, checkKeys, checkPersisted } from './config/checks.ts'
import { type Command, readCommandLine } from './config/command-line.ts'
import { type Environment, fillFromEnvironment } from './config/environment.ts'
import { parseSection } from './config/parse-section.ts'
import { ConfigError, type ConfigProblem } from './config/problems.ts'
import { settingsSchema } from './config/schema.ts'
import { parseSettingsFile } from './config/settings-file.ts'

export type { AccountConfig } from './config/accounts.ts'
export { ConfigError, type ConfigProblem, formatProblems } from './config/problems.ts'

/** Requests a minute granted to a client that shows a key, unless the settings say otherwise. */
const DEFAULT_REQUESTS_PER_MINUTE = 600
/** Settings file that is used when it exists and none is named. */
const DEFAULT_FILE = 'weir.yaml'

/** Everything an operator decides. Deeply frozen. */
export interface Config {
  /** No settings file at all: `accounts` is empty, and the caller starts the sandbox and builds its accounts. */
  readonly sandbox: boolean
  /** The settings file; null without one. */
  readonly file: string | null
  readonly server: {
    /** IP address without brackets, or host name. */
    readonly host: string
    /** 0 takes a free port. */
    readonly port: number
    /** Origins whose pages may call Weir: `*`, or scheme, host and port. */
    readonly cors: { readonly origins: readonly string[] }
    /** Addresses, ranges or names of ranges, as Fastify's `trustProxy` takes them. Empty: no proxy is believed. */
    readonly trustProxy: readonly string[]
    /** How long a stop goes on answering while it says that it is not ready, 0 to 15. */
    readonly drainSeconds: number
    /** Absolute paths of PEM files; null: plain http. */
    readonly tls: { readonly certificateFile: string; readonly keyFile: string } | null
  }
  /** Null: one process with embedded stores. The address may hold a password. */
  readonly redis: {
    /** As `readRedisAddress` takes it. */
    readonly url: string
    /** Begins every key. */
    readonly prefix: string
    /** Most processes that ever share the Redis at the same time. */
    readonly maxReplicas: number
  } | null
  /** Absolute path. */
  readonly dataDirectory: string
  readonly access: AccessSettings
  readonly limits: {
    /** Per client; null for no limit. */
    readonly requestsPerMinute: number | null
    /** Of all clients of an address together; null for no limit. */
    readonly requestsPerMinutePerAddress: number | null
    /** Wrong keys or tokens from one address. */
    readonly failedKeysPerMinute: number
    /** WebSockets and event streams. */
    readonly connections: {
      readonly perProcess: number
      readonly perClient: number
      readonly operationsPerSocket: number
      /** For long; ten times as many at once. */
      readonly messagesPerSecond: number
    }
  }
  readonly queries: {
    readonly maxDepth: number
    readonly maxAliases: number
    readonly maxProviderCalls: number
    readonly persisted: {
      /** Absolute path; null: nothing is registered. */
      readonly directory: string | null
      /** Whether callers below `ops` may ask for nothing else. */
      readonly only: boolean
      /** Whether callers may register by digest. */
      readonly automatic: boolean
    }
  }
  readonly upstream: { readonly deadlineMs: number; readonly maxResponseBytes: number }
  readonly cache: {
    readonly maxBytes: number
    /** How long past its life an answer may be served stale. */
    readonly maxStaleSeconds: number
    /** How long past its life an answer is given at once and refreshed behind the caller's back. */
    readonly staleWhileRevalidateSeconds: number
    /** Longest time that an answer is kept, wherever. */
    readonly maxKeepSeconds: number
    /** After its end, when a window of samples is final. */
    readonly closedAfterSeconds: number
    /** After its end, when a day of a session report is final. */
    readonly closedDayAfterSeconds: number
  }
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
    /** Which of them have a line; `made`: not what was sent again from kept bytes. */
    readonly requests: 'all' | 'made' | 'none'
  }
  readonly tracing: {
    /** Base address of the collector; null: nothing is traced. */
    readonly endpoint: string | null
    /** 0..1. */
    readonly sampleRatio: number
  }
  /** In the order of the file. */
  readonly accounts: readonly AccountConfig[]
}

/** What the settings are made from. */
export interface ConfigSource {
  readonly environment: Environment
  /** Arguments of the command line, after the script. */
  readonly arguments?: readonly string[]
  /** Absolute path; relative paths in the settings begin here. */
  readonly workingDirectory: string
  /** Text of a file; undefined when there is no such file. @throws when it cannot be read */
  readonly readFile: (path: string) => string | undefined
  readonly providers: readonly Provider[]
}

/** The settings. @throws ConfigError with everything that is wrong with them */
export function loadConfig(source: ConfigSource): Config {
  const problems: ConfigProblem[] = [...readCommandLine(source.arguments ?? []).problems]
  const { file, text } = readSettings(source)
  const parsed = text === undefined ? { value: {} } : parseSettingsFile(text)
  if ('problems' in parsed) throw new ConfigError([...problems, ...parsed.problems], file)
  const filled = fillFromEnvironment(parsed.value, source.environment)
  const place = { path: [], origins: filled.origins }
  const shape = text === undefined ? settingsSchema.omit({ accounts: true }) : settingsSchema
  const whole = parseSection(shape, filled.value, place)

  const written = filled.value['accounts']
  const accounts = (Array.isArray(written) ? written : []).map((entry: unknown, index) =>
    parseAccount(entry, source.providers, { path: ['accounts', index], origins: filled.origins }),
  )
  const names = accounts.map(({ name }) => name)
  // Parts that are sound by themselves are checked against each other even when others are not.
  const access = settingsSchema.shape.access.safeParse(filled.value['access']).data
  const host = settingsSchema.shape.server.safeParse(filled.value['server']).data?.host
  const unfilled = new Set(filled.problems.map(({ path }) => path))
  problems.push(
    ...filled.problems,
    ...[...whole.problems, ...accounts.flatMap((account) => account.problems)].filter(
      ({ path }) => !unfilled.has(path),
    ),
    ...checkAccountNames(names),
    ...(whole.value === undefined ? [] : checkPersisted(whole.value.queries.persisted)),
    ...(access === undefined
      ? []
      : checkKeys(
          access.keys,
          names.filter((name) => name !== null),
        )),
    ...(access === undefined || host === undefined ? [] : checkAccess(access, host)),
  )
  if (problems.length > 0 || whole.value === undefined) throw new ConfigError(problems, file)

  const settings = whole.value
  const resolvedAccess = toAccess(settings.access, settings.server)
  return freeze<Config>({
    sandbox: text === undefined,
    file,
    server: { ...settings.server, tls: toFiles(settings.server.tls, source.workingDirectory) },
    redis: settings.redis,
    dataDirectory: resolve(source.workingDirectory, settings.dataDirectory),
    access: resolvedAccess,
    limits: {
      ...settings.limits,
      requestsPerMinute:
        settings.limits.requestsPerMinute === undefined
          ? resolvedAccess.mode === 'open'
            ? null
            : DEFAULT_REQUESTS_PER_MINUTE
          : settings.limits.requestsPerMinute,
    },
    queries: {
      ...settings.queries,
      persisted: {
        ...settings.queries.persisted,
        directory:
          settings.queries.persisted.directory &&
          resolve(source.workingDirectory, settings.queries.persisted.directory),
      },
    },
    upstream: settings.upstream,
    cache: settings.cache,
    log: settings.log,
    tracing: settings.tracing,
    accounts: accounts.flatMap(({ account }) => account ?? []),
  })
}

/** What the settings of this very process are made from, but for the providers. */
export function readProcess(): Omit<ConfigSource, 'providers'> {
  return {
    environment: process.env,
    arguments: process.argv.slice(2),
    workingDirectory: process.cwd(),
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
  }
}

/** What the process was asked to do. `loadConfig` says what is wrong with it. */
export function readCommand(source: Pick<ConfigSource, 'arguments'>): Command {
  return readCommandLine(source.arguments ?? []).command
}

function readSettings(source: ConfigSource): { readonly file: string | null; readonly text: string | undefined } {
  const named = source.environment['WEIR_CONFIG'] || undefined
  const file = resolve(source.workingDirectory, named ?? DEFAULT_FILE)
  let text: string | undefined
  try {
    text = source.readFile(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    throw new ConfigError([{ path: file, problem: `cannot be read${code}`, allowed: null, remedy: null }], null)
  }
  if (text === undefined && named !== undefined)
    throw new ConfigError(
      [
        {
          path: 'WEIR_CONFIG',
          problem: `names ${file}, which does not exist`,
          allowed: 'the path of a YAML or JSON file',
          remedy: 'correct it, or remove it to start with the sandbox',
        },
      ],
      null,
    )
  return { file: text === undefined ? null : file, text }
}

function toFiles(tls: TlsSetting | null, directory: string): Config['server']['tls'] {
  return tls && { certificateFile: resolve(directory, tls.certificateFile), keyFile: resolve(directory, tls.keyFile) }
}

/**
 * What is bound to loopback, with nobody in front who passes on what others ask, is asked by who works on this
 * machine, and shows everything.
 */
function toAccess(
  access: AccessSetting,
  server: { readonly host: string; readonly trustProxy: readonly string[] },
): AccessSettings {
  if (access.jwt) return { mode: 'jwt', ...access.jwt }
  if (access.keys.length === 0)
    return { mode: 'open', role: isLoopback(server.host) && server.trustProxy.length === 0 ? 'ops' : 'reader' }
  return { mode: 'keys', keys: access.keys.map((key) => ({ ...key, accounts: key.accounts ?? 'all' })) }
}

type TlsSetting = NonNullable<ReturnType<typeof settingsSchema.shape.server.parse>['tls']>
type AccessSetting = ReturnType<typeof settingsSchema.shape.access.parse>

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
