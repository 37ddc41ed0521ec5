// The same attacks against a stock server: the column beside the gateway's in docs/reliability.md. It is held to the same
// limits, and nobody expects it to keep them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultCase } from '../fault-case.ts'
import { startGatewayProcess } from '../rig/gateway-process.ts'
import type { Attack, Target } from './target.ts'

/** An attack that needs nothing but what a stock server has. */
export interface ComparedAttack {
  readonly name: string
  readonly title: string
  readonly attack: (attack: Attack) => Promise<void>
  /** What the process is started with, beside the usual. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The part of the scorecard, as on the command line. */
const COMPARISON = 'compare'
const STOP_LIMIT_MS = 10_000

/** The case as the scorecard runs it: against a stock server of its own. */
export function toComparison({ name, title, attack, environment = {} }: ComparedAttack): FaultCase {
  return {
    name: `${name}-stock`,
    title: `stock server: ${title}`,
    part: COMPARISON,
    target: 'stock',
    isQuick: false,
    needsRedis: false,
    run: async ({ judgement, isQuick, onEnd }) => {
      const target = await startStockServer(environment)
      onEnd(target.close)
      await target.inspect(true)
      await attack({ target, judgement, isQuick, onEnd }).catch((error: unknown) => {
        judgement.equals('attack', error instanceof Error ? error.message : String(error), 'carried out')
      })
      const end = target.end() ?? 'no'
      if (name.startsWith('S')) judgement.equals('ended', end, 'no')
    },
  }
}

async function startStockServer(
  environment: Readonly<Record<string, string>>,
): Promise<Target & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-stock-'))
  const lines: string[] = []
  const server = await startGatewayProcess({
    name: 'the stock server',
    folder,
    file: '',
    environment,
    complain: () => undefined,
    hear: (line) => lines.push(line),
    script: 'bench/faults/attacks/stock-server.ts',
  })
  return {
    url: server.url,
    port: Number(new URL(server.url).port),
    hasCodes: false,
    caller: {},
    inspect: (isNewPeriod = false) => server.order({ isNewPeriod }),
    inspectSwept: () => server.order({ isSwept: true }),
    lines,
    end: () => server.end(),
    stop: () => {
      server.kill('SIGTERM')
    },
    countCalls: async () => Number(await (await fetch(`${server.url}/calls`)).text()),
    close: async () => {
      server.kill('SIGTERM')
      const limit = setTimeout(() => server.kill('SIGKILL'), STOP_LIMIT_MS)
      await server.ended
      clearTimeout(limit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
