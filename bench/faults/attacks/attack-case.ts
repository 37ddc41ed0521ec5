// Makes cases of attacks: each is given a gateway, its own or one that it shares, and its state is judged afterwards.
import type { FaultCase, Stage } from '../fault-case.ts'
import { type Gateway, type GatewaySetup, startGateway } from './gateway.ts'
import type { Gateways } from './gateways.ts'
import type { Attack } from './target.ts'

/** A case that attacks a gateway. */
export interface AttackCase {
  readonly name: string
  readonly title: string
  readonly isQuick: boolean
  /** Name of the gateway it shares with others, or the setup of its own. */
  readonly gateway: string | (() => GatewaySetup)
  readonly attack: (attack: Attack<Gateway>) => Promise<void>
  readonly limitSeconds?: FaultCase['limitSeconds']
}

const MIB = 1024 * 1024
const HEAP_LIMIT_MIB = 512
const LOOP_DELAY_LIMIT_MS = 100

/** The case as the scorecard runs it. */
export function toFaultCase({ name, title, isQuick, limitSeconds, ...one }: AttackCase, gateways: Gateways): FaultCase {
  return {
    name,
    title,
    part: 'attacks',
    isQuick,
    needsRedis: false,
    // Who has a gateway to itself shares nothing with anybody.
    queue: typeof one.gateway === 'string' ? `gateway ${one.gateway}` : name,
    ...(limitSeconds && { limitSeconds }),
    run: async (stage) => {
      const gateway = await take(one.gateway, gateways, stage)
      await gateway.inspect(true)
      await one.attack({ target: gateway, judgement: stage.judgement, isQuick: stage.isQuick, onEnd: stage.onEnd })
      await judgeGateway(gateway, stage)
    },
  }
}

async function take(wanted: AttackCase['gateway'], gateways: Gateways, stage: Stage): Promise<Gateway> {
  if (typeof wanted === 'string') {
    const { gateway, release } = await gateways.take(wanted)
    stage.onEnd(async () => release())
    return gateway
  }
  const gateway = await startGateway(wanted())
  stage.onEnd(() => gateway.close())
  return gateway
}

/** Whatever was done to it, it is there and well. */
async function judgeGateway(gateway: Gateway, { judgement }: Stage): Promise<void> {
  judgement.equals('ended', gateway.end() ?? 'no', 'no')
  if (gateway.end() !== undefined) return
  const { heapBytes, rssBytes, loopDelayP99Ms, loopDelayMaxMs } = await gateway.inspect()
  judgement.note('gatewayRssMiB', rssBytes / MIB)
  judgement.note('gatewayLoopDelayMaxMs', loopDelayMaxMs)
  judgement.atMost('gatewayHeapMiB', heapBytes / MIB, HEAP_LIMIT_MIB)
  judgement.takesAtMost('gatewayLoopDelayP99Ms', loopDelayP99Ms, LOOP_DELAY_LIMIT_MS)
}
