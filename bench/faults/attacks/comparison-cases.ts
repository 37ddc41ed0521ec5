// The attacks that a stock server can be put to, in the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { attackWithBatch, attackWithBodies } from './bodies.ts'
import { type ComparedAttack, toComparison } from './comparison.ts'
import { attackAcrossSites } from './cross-site.ts'
import { attackDepth, attackUnfolding, attackWidth } from './documents.ts'
import { attackMemory } from './flooded-memory.ts'
import { attackLog } from './log-injection.ts'
import { attackWithCuriosity } from './loose-talk.ts'
import { attackWithMalformed } from './malformed-input.ts'
import { attackSlowly } from './slow-clients.ts'
import { attackWithSockets } from './socket-flood.ts'
import { attackStop } from './stop.ts'
import { attackEveryWay } from './verdicts.ts'

const compared: readonly ComparedAttack[] = [
  { name: 'S1', title: 'documents nested deeply', attack: attackDepth },
  { name: 'S2', title: 'documents with many of one thing', attack: attackWidth },
  { name: 'S3', title: 'documents that unfold', attack: attackUnfolding },
  { name: 'S4', title: 'heavy bodies', attack: attackWithBodies },
  {
    name: 'S5',
    title: 'whatever could be kept',
    attack: attackMemory,
    environment: { NODE_OPTIONS: '--max-old-space-size=256' },
  },
  { name: 'S6', title: 'a batch of a thousand', attack: attackWithBatch },
  { name: 'S7', title: 'pages of other sites', attack: attackAcrossSites },
  { name: 'S8', title: 'one verdict by every way', attack: attackEveryWay },
  { name: 'S9', title: 'sockets that hold what they can', attack: attackWithSockets },
  { name: 'S11', title: 'clients that take their time', attack: attackSlowly },
  { name: 'S12', title: 'what is no text and no name', attack: attackWithMalformed },
  { name: 'S17', title: 'curiosity', attack: attackWithCuriosity },
  { name: 'S18', title: 'lines of others in the log', attack: attackLog },
  { name: 'R16', title: 'told to stop under load', attack: attackStop },
]

/** All of them. */
export const comparisonCases: readonly FaultCase[] = compared.map(toComparison)
