// What the process does: settings, start, graceful stop. What only some runs need is loaded by those.
import { RegisteredOperationsError } from '#graphql/registered-operations.ts'
import { type App, buildApp } from './app.ts'
import { type Config, ConfigError, loadConfig, readCommand, readProcess } from './config.ts'
import { DataDirectoryError } from './data-directory.ts'
import { systemClock } from './model/clock.ts'
import { readNamedFiles } from './named-files.ts'
import { providers } from './providers/index.ts'
import { TlsFilesError } from './server/tls-files.ts'
import { openTerminal } from './telemetry/logger.ts'

/** How long a process that stops still takes connections: who balances the load must see that it is not ready. */
const DRAIN_MS = 500
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

async function run(config: Config, closeMore: () => Promise<void> = async () => {}): Promise<string> {
  let app: App
  try {
    // Lines for a person where there is one, for programs everywhere else.
    app = await buildApp(config, process.stdout.isTTY ? { logDestination: await openTerminal() } : {})
  } catch (error) {
    await closeMore()
    throw error
  }
  stopOnSignals(async () => {
    app.drain()
    await systemClock.delay(DRAIN_MS)
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

/** Without settings the gateway runs over the built-in sandbox. */
async function runOverSandbox(source: Parameters<typeof loadConfig>[0]): Promise<void> {
  const { startSandbox } = await import('../sandbox/sandbox.ts')
  const { toSettings } = await import('../sandbox/settings-snippet.ts')
  const sandbox = await startSandbox()
  // The settings a person would write for this sandbox, through the same checks.
  const settings = `dataDirectory: ./data/sandbox\n${toSettings(sandbox)}`
  const config = loadConfig({ ...source, readFile: () => settings })
  const address = await run(config, () => sandbox.close())
  say(
    [
      '',
      '  Weir is running over its built-in sandbox: ALL DATA IS SIMULATED.',
      '',
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

function stopOnSignals(stop: () => Promise<void>): void {
  const onSignal = () => {
    // A second signal changes nothing: what is under way is being finished as fast as it can be.
    const limit = setTimeout(() => process.exit(1), STOP_LIMIT_MS)
    limit.unref()
    stop().then(
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
