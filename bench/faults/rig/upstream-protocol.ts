// What the rig and the providers' process say to each other.
import { z } from 'zod'

const providerSchema = z.enum(['tencent', 'chinanetcenter'])

/** An account as the providers' process has to know it. */
export type UpstreamAccount = z.infer<typeof accountSchema>
const accountSchema = z.object({
  /** As the settings of the replicas call it. */
  name: z.string(),
  provider: providerSchema,
})

/** What the rig may ask for. */
export type UpstreamOrder = z.infer<typeof orderSchema>
const orderSchema = z.discriminatedUnion('kind', [
  /** Starts the providers, with a way of its own for each account of each replica. Comes first, once. */
  z.object({
    kind: z.literal('open'),
    replicas: z.int().min(1),
    accounts: z.array(accountSchema),
    /** Each request is held back a random time from 0 to this on its way, milliseconds. */
    jitterMs: z.number().min(0),
    /** How far a signature's date may be off, seconds. */
    maxClockSkewSeconds: z.int().min(0),
    /** Whether what each account was sent is kept, byte for byte. */
    keepsBodies: z.boolean(),
  }),
  z.object({ kind: z.literal('arrivals') }),
  /** Spoils calls. The sandbox checks what it says. */
  z.object({ kind: z.literal('fault'), fault: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('clearFaults') }),
  /** Holds every answer back, milliseconds. */
  z.object({ kind: z.literal('latency'), ms: z.number().min(0) }),
  /** Puts so many new messages into the screenshot queue. */
  z.object({ kind: z.literal('fillQueue'), count: z.int().min(0) }),
  /** Takes away what waits in the queue; it counts as handed out to nobody. */
  z.object({ kind: z.literal('clearQueue') }),
  z.object({ kind: z.literal('queue') }),
  z.object({ kind: z.literal('pops') }),
  z.object({ kind: z.literal('bodies') }),
])

/** An order with the number its reply will carry. */
export const orderMessageSchema = z.object({ id: z.int(), order: orderSchema })

/** The reply to an order. */
export const replyMessageSchema = z.object({
  id: z.int(),
  /** Why the order could not be carried out. */
  problem: z.string().optional(),
  /** Left out where there is nothing to say. */
  value: z.unknown().optional(),
})

/** Addresses that one account has for one replica. */
export type UpstreamWay = z.infer<typeof waySchema>
const waySchema = z.object({
  replica: z.int(),
  account: z.string(),
  statistics: z.string(),
  control: z.string(),
  reports: z.string(),
})

/** The reply to `open`. */
export const openedSchema = z.object({
  ways: z.array(waySchema),
  credentials: z.object({
    tencent: z.object({ appId: z.int(), apiKey: z.string() }),
    chinanetcenter: z.object({ username: z.string(), apiKey: z.string() }),
  }),
})

/** A call that arrived at a provider. */
export type Arrival = z.infer<typeof arrivalSchema>
const arrivalSchema = z.object({
  /** When its head arrived, on the providers' own steady clock, epoch milliseconds. */
  atMs: z.number(),
  /** When the provider was done with it; null while it is not. */
  doneAtMs: z.number().nullable(),
  /** The replica that sent it, from 0; -1 when unknown. */
  replica: z.int(),
  /** The account of the settings; empty when unknown. */
  account: z.string(),
  /** Which of the provider's servers it came to. */
  role: z.string(),
  /** The provider's name of the call. */
  operation: z.string(),
  /** The stream asked for as the settings spell keys; empty when it asks for none or for all. */
  question: z.string(),
  /** HTTP status of the answer, 0 without one. */
  status: z.int(),
})

/** The reply to `arrivals`: all there were, in order of arrival. */
export const arrivalsSchema = z.array(arrivalSchema)

/** The reply to `queue`: how the screenshot queue is doing. */
export type QueueState = z.infer<typeof queueStateSchema>
export const queueStateSchema = z.object({
  /** Messages waiting. */
  size: z.int(),
  /** Calls that have arrived for it. */
  pops: z.int(),
})

/** A call that took messages out of the queue, or was to. */
export type Pop = z.infer<typeof popSchema>
const popSchema = z.object({
  /** When its head arrived, epoch milliseconds on the rig's steady clock. */
  atMs: z.number(),
  /** When the provider was done with it, its answer written or its connection gone; null while it is not. */
  doneAtMs: z.number().nullable(),
  /** The replica that sent it, from 0; -1 when unknown. */
  replica: z.int(),
  /** The account of the settings; empty when unknown. */
  account: z.string(),
  /** The files of the messages that it took: nobody gets them again. */
  files: z.array(z.string()),
  /** What was done to the call on purpose; null for nothing. */
  fault: z.string().nullable(),
})

/** The reply to `pops`: all there were, in order of arrival. */
export const popsSchema = z.array(popSchema)

/** The body of one answer, as far as it was sent to the gateway. */
export type SentBody = z.infer<typeof sentBodySchema>
const sentBodySchema = z.object({
  account: z.string(),
  base64: z.string(),
  /** Whether all that its head promised was sent. */
  isWhole: z.boolean(),
  /** Whether the gateway left before that: then it need not have seen the last of it. */
  isLeft: z.boolean(),
})

/** The reply to `bodies`: all that were begun. */
export const sentBodiesSchema = z.array(sentBodySchema)
