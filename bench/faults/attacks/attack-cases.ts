// The cases of hostile callers, in the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { type AttackCase, toFaultCase } from './attack-case.ts'
import { attackWithBatch, attackWithBodies } from './bodies.ts'
import { attackCalls } from './call-injection.ts'
import { keyAccess, reader } from './clients.ts'
import { attackAcrossSites, FRIEND } from './cross-site.ts'
import { attackDepth, attackUnfolding, attackWidth } from './documents.ts'
import { attackMemory } from './flooded-memory.ts'
import type { GatewaySetup } from './gateway.ts'
import { createGateways } from './gateways.ts'
import { attackByGuessing } from './guessing.ts'
import { attackLog } from './log-injection.ts'
import { attackWithCuriosity } from './loose-talk.ts'
import { attackWithMalformed } from './malformed-input.ts'
import { attackOtherHosts } from './outside-hosts.ts'
import { secretsInTheOpen } from './secrets.ts'
import { attackSlowly } from './slow-clients.ts'
import { attackWithSockets } from './socket-flood.ts'
import { supplyChain } from './supply-chain.ts'
import { attackTenants, toTenantsSetup } from './tenants.ts'
import { attackWithoutToken } from './tokens.ts'
import { attackEveryWay } from './verdicts.ts'

const usual = (): GatewaySetup => ({
  settings: {
    server: { port: 0, drainSeconds: 0.5, cors: { origins: [FRIEND] } },
    access: keyAccess,
    limits: { requestsPerMinute: null, connections: { messagesPerSecond: 10_000 } },
  },
  caller: reader.headers,
})
/** Two of the same, so that two cases can run at a time. */
const gateways = createGateways({ usual, other: usual })
/** A gateway that nobody else asks: its process is counted, broken, or remembers who has failed. */
const own = (): GatewaySetup => ({
  settings: { access: keyAccess, limits: { requestsPerMinute: null } },
  caller: reader.headers,
})

/** As little memory as the smallest machine gives. */
const small = (): GatewaySetup => ({
  ...own(),
  environment: { NODE_OPTIONS: '--max-old-space-size=256' },
})

const cases: readonly AttackCase[] = [
  { name: 'S1', title: 'documents nested deeply', isQuick: true, gateway: 'usual', attack: attackDepth },
  { name: 'S2', title: 'documents with many of one thing', isQuick: true, gateway: 'usual', attack: attackWidth },
  { name: 'S3', title: 'documents that unfold', isQuick: true, gateway: 'usual', attack: attackUnfolding },
  { name: 'S4', title: 'heavy bodies', isQuick: true, gateway: 'usual', attack: attackWithBodies },
  { name: 'S5', title: 'whatever could be kept', isQuick: true, gateway: small, attack: attackMemory },
  { name: 'S6', title: 'a batch of a thousand', isQuick: true, gateway: 'usual', attack: attackWithBatch },
  { name: 'S7', title: 'pages of other sites', isQuick: true, gateway: 'usual', attack: attackAcrossSites },
  { name: 'S8', title: 'one verdict by every way', isQuick: true, gateway: 'other', attack: attackEveryWay },
  { name: 'S9', title: 'sockets that hold what they can', isQuick: true, gateway: own, attack: attackWithSockets },
  { name: 'S10', title: 'sockets without a right to be', isQuick: false, gateway: own, attack: attackWithoutToken },
  { name: 'S11', title: 'clients that take their time', isQuick: true, gateway: own, attack: attackSlowly },
  { name: 'S12', title: 'what is no text and no name', isQuick: true, gateway: 'other', attack: attackWithMalformed },
  { name: 'S13', title: 'values that try to be more', isQuick: true, gateway: 'usual', attack: attackCalls },
  { name: 'S14', title: 'hosts that stand nowhere', isQuick: true, gateway: 'usual', attack: attackOtherHosts },
  { name: 'S16', title: "what is another's", isQuick: true, gateway: toTenantsSetup, attack: attackTenants },
  { name: 'S17', title: 'curiosity', isQuick: true, gateway: own, attack: attackWithCuriosity },
  { name: 'S18', title: 'lines of others in the log', isQuick: true, gateway: 'other', attack: attackLog },
  { name: 'S19', title: 'guessed keys and forged headers', isQuick: false, gateway: own, attack: attackByGuessing },
]

/** All of them. */
export const attackCases: readonly FaultCase[] = [
  ...cases.map((one) => toFaultCase(one, gateways)),
  secretsInTheOpen,
  supplyChain,
]
