// The accounts that the gateway has, and what each can tell: the same for all pages, and seldom another.
import { type ReadonlySignal, signal } from '@preact/signals'
import { ask, defineOperation } from './graphql.ts'
import { type Polling, poll } from './poll.ts'
import { type Trouble, toTrouble } from './trouble.ts'

const EVERY_MS = 60_000

/** Who runs the network. */
export type Provider = 'TENCENT' | 'CHINANETCENTER'

/** A kind of question that a provider may be able to answer. */
export type Capability =
  | 'LIVE_STREAMS'
  | 'LIVE_STAT'
  | 'STREAM_STATE'
  | 'PUSH_SAMPLES'
  | 'PLAY_SAMPLES'
  | 'PUSH_SESSIONS'
  | 'RECORDINGS'
  | 'SNAPSHOTS'

/** Whether a provider can, and why not or how. */
export interface CapabilitySupport {
  readonly capability: Capability
  readonly supported: boolean
  /** In English; null when there is nothing to say. */
  readonly reason: string | null
}

/** An account. */
export interface AccountInfo {
  readonly name: string
  readonly provider: Provider
  readonly capabilities: readonly CapabilitySupport[]
}

/** Asks what does not change. */
export const accountsOperation = defineOperation<{ accounts: readonly AccountInfo[] }>(`
query Accounts {
  accounts {
    name
    provider
    capabilities { capability supported reason }
  }
}`)

const known = signal<readonly AccountInfo[]>()
const failed = signal<Trouble>()
let polling: Polling | undefined

/** All that the caller may see, in the order of the settings; undefined until they are known. */
export const accounts: ReadonlySignal<readonly AccountInfo[] | undefined> = known
/** Why they are not known, or not anew. */
export const accountsTrouble: ReadonlySignal<Trouble | undefined> = failed

/** Whether an account's provider can tell something; undefined while that is not known. */
export function findCapability(account: string, capability: Capability): CapabilitySupport | undefined {
  return known.value?.find(({ name }) => name === account)?.capabilities.find((row) => row.capability === capability)
}

/** Keeps them known from now on. @returns ends that, and forgets them */
export function followAccounts(): () => void {
  const own = poll(async (signal) => {
    try {
      const { data } = await ask(accountsOperation, {}, signal)
      known.value = data.accounts
      failed.value = undefined
    } catch (error) {
      if (!signal.aborted) failed.value = toTrouble(error)
      throw error
    }
  }, EVERY_MS)
  polling = own
  return () => {
    own.stop()
    known.value = undefined
    failed.value = undefined
  }
}

/** Asks for them now. */
export function refreshAccounts(): void {
  polling?.now()
}
