import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '#test/support/free-port.ts'
import { toSpread } from '../../comparison.ts'
import type { Rig } from '../rig.ts'
import type { Row } from '../row.ts'
import { startServer } from '../server-process.ts'
import { startWeir } from '../weir.ts'

const IDLE_MS = 5000
const MEGABYTE = 1_000_000
const contendersFolder = join(import.meta.dirname, '..', '..', 'contenders')

/** Start, and rest. */
export const p14: Row<Rig> = {
  id: 'P14',
  title: 'start and rest',
  method:
    'From the start of the process to its first 200 of `/healthz`, with embedded stores; then, after 5 s without a question, its resident memory. A Fastify with one route beside it.',
  cells: [],
  measure: async ({ scene, pace }) => {
    const { cores } = scene
    const [starts, bare, own, memory]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let round = 0; round <= pace.rounds; round += 1) {
      const weir = await startWeir({ ...scene, name: `start ${round}`, before: cores.server })
      await delay(IDLE_MS)
      const { rssBytes } = await weir.process.figures()
      await weir.process.stop()
      const port = await findFreePort()
      const fastify = await startServer({
        name: 'fastify',
        command: [...cores.server, process.execPath, join(contendersFolder, 'fastify.mjs')],
        folder: contendersFolder,
        environment: { CONTENDER: JSON.stringify({ port }), NODE_ENV: 'production' },
        readyUrl: `http://127.0.0.1:${port}/healthz`,
        pollMs: 5,
      })
      await fastify.stop()
      if (round === 0) continue
      starts.push(weir.process.readyAfterMs)
      bare.push(fastify.readyAfterMs)
      own.push(weir.process.readyAfterMs - fastify.readyAfterMs)
      memory.push(rssBytes / MEGABYTE)
    }
    return [
      { what: 'start to ready', goal: { most: 500 }, unit: ' ms', measured: toSpread(starts) },
      { what: 'a bare Fastify’s start', goal: undefined, unit: ' ms', measured: toSpread(bare) },
      { what: 'beyond it', goal: undefined, unit: ' ms', measured: toSpread(own) },
      { what: 'resident memory, idle', goal: { most: 90 }, unit: ' MB', measured: toSpread(memory) },
    ]
  },
}
