// The providers' process: the sandbox behind ways that hold requests back a little, unevenly. The rig starts it and
// talks to it over the process channel; it ends when the rig does.
import { z } from 'zod'
import type { CallRecord } from '../../sandbox/call-log.ts'
import type { Fault } from '../../sandbox/faults.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { AnswerTap } from './rig/answer-tap.ts'
import { startTcpProxy } from './rig/tcp-proxy.ts'
import {
  type Arrival,
  orderMessageSchema,
  type Pop,
  type QueueState,
  type SentBody,
  type UpstreamOrder,
  type UpstreamWay,
} from './rig/upstream-protocol.ts'

type Open = Extract<UpstreamOrder, { kind: 'open' }>

/** The rig counts for itself: a quota that refuses would only hide by how much a limit was broken. */
const UNLIMITED = { limit: 1_000_000, windowSeconds: 1 }
/** More than any case fills in: a queue that drops messages by itself would look like a loss. */
const QUEUE_CAPACITY = 1_000_000
const POP = { interface: 'Live_Queue_Get' }

let sandbox: Sandbox | undefined
/** Host header → who sends it. */
const senders = new Map<string, { readonly replica: number; readonly account: string }>()
/** What was sent to each account. */
const taps: { readonly account: string; readonly tap: AnswerTap }[] = []

process.on('disconnect', () => process.exit(0))
process.on('message', (message: unknown) => {
  const { id, order } = orderMessageSchema.parse(message)
  carryOut(order).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, problem: String(error) }),
  )
})

async function carryOut(order: UpstreamOrder): Promise<unknown> {
  if (order.kind === 'open') return open(order)
  if (sandbox === undefined) throw new Error('the first order must be to open')
  if (order.kind === 'arrivals') return sandbox.listCalls().map(toArrival)
  // The sandbox checks every field itself, and says which one is wrong.
  if (order.kind === 'fault') return sandbox.setFault(order.fault as unknown as Fault)
  if (order.kind === 'clearFaults') return sandbox.clearFaults()
  if (order.kind === 'latency') return sandbox.setLatency(order.ms)
  if (order.kind === 'fillQueue') return sandbox.snapshots.fill(order.count)
  if (order.kind === 'clearQueue') return sandbox.snapshots.clear()
  if (order.kind === 'pops') return sandbox.listCalls(POP).map(toPop)
  if (order.kind === 'bodies') return taps.flatMap(({ account, tap }) => toSentBodies(account, tap))
  return { size: sandbox.snapshots.size, pops: sandbox.countCalls(POP) } satisfies QueueState
}

async function open({ replicas, accounts, jitterMs, maxClockSkewSeconds, keepsBodies }: Open) {
  // The queue holds what the cases put there and nothing else.
  const queue = { snapshotStreams: 0, snapshotCapacity: QUEUE_CAPACITY }
  sandbox = await startSandbox({ quota: UNLIMITED, maxClockSkewSeconds, ...queue })
  const { urls, credentials } = sandbox
  const ways: UpstreamWay[] = []
  for (let replica = 0; replica < replicas; replica += 1)
    for (const { name } of accounts) {
      const lead = async (address: string) => {
        const url = new URL(address)
        const target = { host: url.hostname, port: Number(url.port) }
        const tap = keepsBodies ? new AnswerTap() : undefined
        if (tap !== undefined) taps.push({ account: name, tap })
        const proxy = await startTcpProxy(target, { toTargetMs: () => Math.random() * jitterMs }, tap)
        url.port = String(proxy.port)
        senders.set(url.host, { replica, account: name })
        return url.href.replace(/\/$/, '')
      }
      ways.push({
        replica,
        account: name,
        statistics: await lead(urls.tencentStatistics),
        control: await lead(urls.tencentControl),
        reports: await lead(urls.chinanetcenter),
      })
    }
  return { ways, credentials }
}

/** A report names its streams in the body, `domain` and `publish point/name` apart. */
const reportSchema = z.object({
  domainStream: z.array(z.object({ domain: z.string(), stream: z.array(z.string()).min(1) })).min(1),
})

function toArrival(record: CallRecord): Arrival {
  const { headers, parameters } = record
  const sender = senders.get(typeof headers['host'] === 'string' ? headers['host'] : '')
  const report = reportSchema.safeParse(record.body).data?.domainStream[0]
  const stream = parameters['Param.s.stream_id'] ?? parameters['Param.s.channel_id'] ?? ''
  return {
    atMs: record.arrivedAtMs,
    doneAtMs: record.finishedAtMs ?? null,
    replica: sender?.replica ?? -1,
    account: sender?.account ?? '',
    role: record.role,
    operation: record.interface,
    question: report === undefined ? stream : `${report.domain}/${report.stream[0]}`,
    status: record.status,
  }
}

function toPop(record: CallRecord): Pop {
  const { atMs, doneAtMs, replica, account } = toArrival(record)
  const files = record.taken.map((message) => String(message['pic_full_url']))
  return { atMs, doneAtMs, replica, account, files, fault: record.fault ?? null }
}

function toSentBodies(account: string, tap: AnswerTap): SentBody[] {
  return tap
    .bodies()
    .map(({ body, isWhole, isLeft }) => ({ account, base64: body.toString('base64'), isWhole, isLeft }))
}
