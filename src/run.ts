// What the process does: settings, start, graceful stop. What only some runs need is loaded by those.
import { RegisteredOperationsError } from '#graphql/registered-operations.ts'
import { type App, buildApp, readVersion } from './app.ts'
import { type Config, ConfigError, loadConfig, readCommand, readProcess } from './config.ts'
import { DataDirectoryError } from './data-directory.ts'
import { systemClock } from './model/clock.ts'
import { readNamedFiles } from './named-files.ts'
import { providers } from './providers/index.ts'
import { TlsFilesError } from './server/tls-files.ts'
import { openOutput, openTerminal } from './telemetry/logger.ts'
import type { Tracing } from './telemetry/tracing.ts'

/** How long a stop that a person asked for at a terminal goes on answering at most, in milliseconds. */
const INTERRUPT_DRAIN_MS = 500
/** How long a stop may take before the process ends whatever is still open, in milliseconds. */
const STOP_LIMIT_MS = 25_000

/** The address of the settings cannot be had. */
class ListenError extends Error {
  constructor({ server }: Config, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    super(
      `cannot listen on ${server.host}:${server.port} (${reason}); set HOST and PORT, or server.host and server.port`,
      { cause },
    )
  }
}

/** Does what the command line asks for; a gateway is ready when it returns. What went wrong is the process's exit code. */
export async function runCommandLine(): Promise<void> {
  try {
    await carryOut({ ...readProcess(), providers })
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
    else if (
      error instanceof DataDirectoryError ||
      error instanceof ListenError ||
      error instanceof RegisteredOperationsError ||
      error instanceof TlsFilesError
    )
      process.stderr.write(`weir: ${error.message}\n`)
    else throw error
    process.exitCode = 1
  }
}

async function carryOut(source: Parameters<typeof loadConfig>[0]): Promise<void> {
  const config = loadConfig(source)
  const command = readCommand(source)
  if (command.name === 'check') {
    await readNamedFiles(config)
    say(`the settings are good: ${describe(config)}`)
  } else if (command.name === 'clear-cache') {
    const { clearCache } = await import('./commands/clear-cache.ts')
    const { exitCode, text } = await clearCache({ config, accounts: command.accounts, clock: systemClock })
    if (exitCode === 0) say(text)
    else process.stderr.write(`weir: ${text}\n`)
    process.exitCode = exitCode
  } else if (command.name !== 'run') {
    const { openCommandStores, toFindReader } = await import('./command-parts.ts')
    const { runSnapshotCommand } = await import('./commands/snapshots.ts')
    const { exitCode, text } = await runSnapshotCommand({
      command,
      config,
      openStores: () => openCommandStores(config),
      findReader: toFindReader(config),
      out: process.stdout,
      progress: process.stderr,
      clock: systemClock,
    })
    // What was asked for is on the other stream.
    process.stderr.write(`weir: ${text}\n`)
    process.exitCode = exitCode
  } else if (config.sandbox) await runOverSandbox(source)
  else await run(config)
}

async function run(config: Config, closeLast: () => Promise<void> = async () => {}): Promise<string> {
  const tracing = await openTracing(config)
  // Lines for a person where there is one, for programs everywhere else.
  const destination = process.stdout.isTTY ? await openTerminal() : openOutput(process.stdout)
  const closeMore = async () => {
    await tracing?.close()
    await closeLast()
  }
  let app: App
  try {
    app = await buildApp(config, {
      logDestination: destination,
      ...(tracing && { tracing }),
    })
  } catch (error) {
    await closeMore()
    throw error
  }
  stopOnSignals(async (signal) => {
    app.drain()
    const drainMs = config.server.drainSeconds * 1000
    await systemClock.delay(signal === 'SIGINT' ? Math.min(drainMs, INTERRUPT_DRAIN_MS) : drainMs)
    await app.close()
    await closeMore()
  })
  try {
    return await app.listen()
  } catch (error) {
    await app.close()
    await closeMore()
    throw new ListenError(config, error)
  }
}

/** Undefined where nothing is traced; what would do it is not even loaded then. */
async function openTracing({ tracing: { endpoint, sampleRatio } }: Config): Promise<Tracing | undefined> {
  if (endpoint === null) return undefined
  const tracing = await import('./telemetry/tracing.ts')
  return tracing.openTracing({
    settings: { endpoint, sampleRatio },
    version: await readVersion(),
    clock: systemClock,
  })
}

/** Without settings the gateway runs over the built-in sandbox. */
async function runOverSandbox(source: Parameters<typeof loadConfig>[0]): Promise<void> {
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const { toSettings } = await import('../sandbox/settings-snippet.ts')
  const sandbox = await startSandbox()
  // The settings a person would write for this sandbox, through the same checks.
  // Nobody balances it.
  const settings = `server: { drainSeconds: 0 }\ndataDirectory: ./data/sandbox\n${toSettings(sandbox)}`
  const config = loadConfig({ ...source, readFile: () => settings })
  const address = await run(config, () => sandbox.close())
  say(
    [
      '',
      '  Weir is running over its built-in sandbox: ALL DATA IS SIMULATED.',
      '',
      `    Console    ${address}/console`,
      `    GraphiQL   ${address}/graphiql`,
      `    GraphQL    ${address}/graphql`,
      `    REST       ${address}/v1/accounts   (described at ${address}/docs)`,
      `    Sandbox    ${sandbox.urls.control}   (its control port)`,
      '',
      '  To run over real accounts, write weir.yaml: see docs/configuration.md.',
      '',
    ].join('\n'),
  )
}

function stopOnSignals(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let isStopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    // A second signal changes nothing: what is under way is being finished as fast as it can be.
    if (isStopping) return
    isStopping = true
    const limit = setTimeout(() => process.exit(1), STOP_LIMIT_MS)
    limit.unref()
    stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`weir: the stop failed: ${error instanceof Error ? error.name : 'unknown error'}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function describe(config: Config): string {
  if (config.sandbox) return 'there is no settings file, so the gateway would run over its sandbox'
  return `${config.accounts.length} accounts, listening on ${config.server.host}:${config.server.port}`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
