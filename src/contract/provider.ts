// What a provider is: a value that a new folder under `providers/` exports.
import type { z } from 'zod'
import type { StreamNameParts } from '#model/stream.ts'
import type { CapabilityTable, SnapshotBatch } from './capability.ts'
import type { Credential, SignerName } from './signer.ts'
import type { RawAnswer, UpstreamCall } from './upstream-call.ts'

/** Names of the built-in providers, as in the settings. */
export type ProviderId = 'tencent' | 'chinanetcenter'

/** How a provider keeps a history that is asked for by instants. */
export interface HistoryFacts {
  /** Longest range of one call, and the width of the grid cells (aligned to the epoch) that are kept. */
  readonly windowMs: number
  /** How far back the provider keeps it. */
  readonly retentionMs: number
  /** How often the provider makes a row: a tick of so long, aligned to the epoch, without one may still get one. */
  readonly gridMs: number
}

/** How a provider keeps a report that is asked for by calendar days. */
export interface DayReportFacts {
  /** Offset of its calendar from UTC; a day begins at midnight of that zone. */
  readonly utcOffsetMs: number
  /** How many days back from today the provider keeps it. */
  readonly retentionDays: number
  /** Most days of one call, first and last included. */
  readonly maxDaysPerCall: number
  /** Most domains of one call. */
  readonly maxDomainsPerCall: number
}

/** What services must know of a provider to ask well; null where the capability is missing. */
export interface ProviderFacts {
  /** Most streams on one page of the live list. */
  readonly livePageSize: number
  /** Most files on one page of the recording list. */
  readonly recordingPageSize: number
  readonly pushSamples: HistoryFacts | null
  readonly playSamples: HistoryFacts | null
  readonly pushSessions: DayReportFacts | null
}

/** A connected account: the provider's answers for one set of settings. */
export interface Connection {
  readonly capabilities: CapabilityTable
  readonly facts: ProviderFacts
  /**
   * Reads a batch kept by `popSnapshots` again; null where nothing pops. @throws UpstreamError: UPSTREAM_THROTTLED,
   * UPSTREAM_CREDENTIAL and UPSTREAM_REJECTED only when nothing was taken; any other when messages may have been
   */
  readonly readSnapshotBatch: ((raw: RawAnswer) => SnapshotBatch) | null
}

/** A provider. `Settings` is its own part of an account's settings; `Id` is another only where it is not built in. */
export interface Provider<Settings extends z.ZodObject = z.ZodObject, Id extends string = ProviderId> {
  readonly id: Id
  /** The name shown to people. */
  readonly title: string
  readonly signer: SignerName
  /** The provider's names of its calls, as `UpstreamRequest.operation` gives them: what `quota.interfaces` may name. */
  readonly operations: readonly string[]
  /**
   * What the operator sets for an account besides `name`, `provider` and `quota`: always `credentials` and
   * `endpoints` (role → address, with the provider's own as defaults), and what else the provider needs.
   */
  readonly settings: Settings
  /** The pair the signer works with. Adapters get neither half through `connect`. */
  readonly toCredential: (settings: z.output<Settings>) => Credential
  /** Takes a key apart. @returns the problem in words when the key is none of this provider's */
  readonly readKey: (key: string) => StreamNameParts | { readonly problem: string }
  /** Binds the adapter to an account. Starts nothing and sends nothing. */
  readonly connect: (call: UpstreamCall, settings: Omit<z.output<Settings>, 'credentials'>) => Connection
}

/** Types a provider value; returns it unchanged. */
export function defineProvider<Settings extends z.ZodObject, Id extends string>(
  provider: Provider<Settings, Id>,
): Provider<Settings, Id> {
  return provider
}
