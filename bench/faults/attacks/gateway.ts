// A gateway under attack: one process with embedded stores over the emulated providers and over one that says whatever a
// case makes it say. Both run in the rig's own process, so that a case sees every byte that reaches them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Sandbox } from '../../../sandbox/handle.ts'
import { type SandboxOptions, startSandbox } from '../../../sandbox/sandbox.ts'
import { type HostileUpstream, startHostileUpstream } from '../../../test/support/hostile-upstream.ts'
import { type GatewayProcess, startGatewayProcess } from '../rig/gateway-process.ts'
import type { Target } from './target.ts'

/** The gateway, and what it stands on. */
export interface Gateway extends Target {
  readonly process: GatewayProcess
  readonly sandbox: Sandbox
  /** What accounts `hostile` and `hostile-reports` call. */
  readonly hostile: HostileUpstream
  readonly folder: string
  /** Its settings beside the accounts, as it was asked for. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Where its settings lead, as `address:port`. */
  readonly places: readonly string[]
  /** Stops everything. */
  close(): Promise<void>
}

/** How a gateway is to be. */
export interface GatewaySetup {
  /** Settings beside the accounts; each stands instead of the usual one. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The accounts, where they are not the usual ones. */
  readonly accounts?: (sandbox: Sandbox, hostile: HostileUpstream) => readonly object[]
  /** What the emulated providers demand, where it is not the usual. */
  readonly credentials?: SandboxOptions['credentials']
  readonly environment?: Readonly<Record<string, string>>
  /** What an ordinary caller sends along. */
  readonly caller?: Readonly<Record<string, string>>
  /** Files that are in its folder before it starts, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** Streams of which the sandbox takes pictures. Default none. */
  readonly snapshotStreams?: number
}

/** No case is about the quota, and none may be held up by it. */
/** The same, as settings have it. */
export const UNCOUNTED = { limit: 1_000_000, windowSeconds: 300 }
const UNLIMITED = { limit: 1_000_000, windowSeconds: 1 }
const STOP_LIMIT_MS = 28_000
const WARMING_REQUESTS = 20
/** The provider's name of what a collector calls. */
const POP = 'Live_Queue_Get'

/** Starts one. @throws Error with what it wrote, when it does not start */
export async function startGateway(setup: GatewaySetup = {}): Promise<Gateway> {
  const { snapshotStreams = 0 } = setup
  const sandbox = await startSandbox({
    quota: UNLIMITED,
    snapshotStreams,
    snapshotBacklogSeconds: 0,
    ...(setup.credentials && { credentials: setup.credentials }),
  })
  const hostile = await startHostileUpstream()
  const folder = await mkdtemp(join(tmpdir(), 'weir-attacked-'))
  const settings = {
    server: { port: 0, drainSeconds: 0.5 },
    log: { level: 'info' },
    dataDirectory: join(folder, 'data'),
    ...setup.settings,
    accounts: setup.accounts?.(sandbox, hostile) ?? toAccounts(sandbox, hostile),
  }
  const file = join(folder, 'weir.json')
  await writeFile(file, JSON.stringify(settings))
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const lines: string[] = []
  const parts = async () => {
    await Promise.all([sandbox.close(), hostile.close(), rm(folder, { recursive: true, force: true })])
  }
  const gateway = await startGatewayProcess({
    name: 'the gateway',
    folder,
    file,
    environment: setup.environment ?? {},
    complain: () => undefined,
    hear: (line) => lines.push(line),
  }).catch(async (error: unknown) => {
    await parts()
    throw error
  })
  const caller = setup.caller ?? {}
  // Code that has just been loaded is slow, and loading it is no part of any case.
  for (let round = 0; round < WARMING_REQUESTS; round += 1)
    for (const path of ['/v1/accounts', '/graphql?query={accounts{name}}'])
      await fetch(gateway.url + path, { headers: { accept: 'application/json', ...caller } }).then((answer) =>
        answer.text(),
      )
  return {
    url: gateway.url,
    port: Number(new URL(gateway.url).port),
    hasCodes: true,
    caller,
    inspect: (isNewPeriod = false) => gateway.order({ isNewPeriod }),
    inspectSwept: () => gateway.order({ isSwept: true }),
    lines,
    end: () => gateway.end(),
    stop: () => {
      gateway.kill('SIGTERM')
    },
    // A collector asks by itself.
    countCalls: async () => sandbox.countCalls() - sandbox.countCalls({ interface: POP }) + hostile.requests.length,
    process: gateway,
    sandbox,
    hostile,
    folder,
    settings: setup.settings ?? {},
    places: [...Object.values(sandbox.urls), hostile.url].map((url) => new URL(url).host),
    close: async () => {
      await stop(gateway)
      await parts()
    },
  }
}

async function stop(gateway: GatewayProcess): Promise<void> {
  gateway.kill('SIGTERM')
  const limit = setTimeout(() => gateway.kill('SIGKILL'), STOP_LIMIT_MS)
  await gateway.ended
  clearTimeout(limit)
}

/**
 * `left`, which collects, and `right` are at Tencent, `reports` at ChinaNetCenter; `hostile` and `hostile-reports` call what a case makes
 * of them.
 */
function toAccounts(sandbox: Sandbox, hostile: HostileUpstream) {
  const { urls, credentials } = sandbox
  const usual = { quota: UNCOUNTED }
  const tencent = { ...usual, provider: 'tencent', credentials: credentials.tencent }
  const chinanetcenter = { ...usual, provider: 'chinanetcenter', credentials: credentials.chinanetcenter }
  const genuine = { statistics: urls.tencentStatistics, control: urls.tencentControl }
  return [
    { ...tencent, name: 'left', endpoints: genuine, snapshots: { collect: true, pollSeconds: 1 } },
    { ...tencent, name: 'right', endpoints: genuine },
    { ...chinanetcenter, name: 'reports', endpoints: { reports: urls.chinanetcenter } },
    { ...tencent, name: 'hostile', endpoints: { statistics: `${hostile.url}/s`, control: `${hostile.url}/c` } },
    { ...chinanetcenter, name: 'hostile-reports', endpoints: { reports: hostile.url } },
  ]
}

/** Whether it is a gateway, whose providers can be spoken to. */
export function isGateway(target: Target): target is Gateway {
  return 'hostile' in target
}
