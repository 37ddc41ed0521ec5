// The accounts of this installation, and who may see which.
import type { Ask } from '#contract/ask.ts'
import { type Capabilities, isSupported, refusalOf } from '#contract/capability.ts'
import type { Connection, Provider } from '#contract/provider.ts'
import type { AccountReadings } from '#contract/readings.ts'
import { type Caller, maySee } from '#model/caller.ts'
import { CapabilityUnsupportedError, GatewayError, InvalidInputError, NotFoundError } from '#model/errors.ts'
import { findKeyProblem, type StreamRef, toStreamId } from '#model/stream.ts'
import {
  type AccountView,
  type CapabilitySupport,
  type PublicCapability,
  publicCapabilities,
  type StreamView,
} from './views.ts'

/** An account of the settings with everything it needs to answer. */
export interface ConnectedAccount {
  readonly name: string
  readonly provider: Pick<Provider, 'id' | 'title' | 'readKey'>
  readonly connection: Connection
  readonly readings: AccountReadings
  /** Whether a collector drains its snapshot queue. */
  readonly collectsSnapshots: boolean
}

/** Finds accounts and streams for callers. */
export class ProviderRegistry {
  private readonly accounts: ReadonlyMap<string, ConnectedAccount>

  /** @param accounts in the order of the settings */
  constructor(accounts: readonly ConnectedAccount[]) {
    this.accounts = new Map(accounts.map((account) => [account.name, account]))
  }

  /** Accounts the caller may see, in the order of the settings. */
  list(ask: Ask): readonly ConnectedAccount[] {
    return [...this.accounts.values()].filter((account) => maySee(ask.caller, account.name))
  }

  /** One account, or undefined when there is none the caller may see. */
  find(name: string, ask: Ask): ConnectedAccount | undefined {
    return maySee(ask.caller, name) ? this.accounts.get(name) : undefined
  }

  /** One account. @throws NotFoundError */
  get(name: string, ask: Ask): ConnectedAccount {
    const account = this.find(name, ask)
    if (!account) throw accountNotFound(name)
    return account
  }

  /** An account and a key it can have. @throws NotFoundError, InvalidInputError */
  getStream(
    ref: StreamRef,
    ask: Ask,
    argument = 'key',
  ): { readonly account: ConnectedAccount; readonly stream: StreamView } {
    const account = this.get(ref.account, ask)
    return { account, stream: toStreamView(account, ref.key, argument) }
  }
}

/** The error for an account that is not there, or not the caller's to see. */
export function accountNotFound(name: string): NotFoundError {
  // A name that could not stand in the settings is not repeated: it may be anything, of any length.
  return new NotFoundError(/^[\w.-]{1,64}$/.test(name) ? `there is no account "${name}"` : 'there is no such account')
}

/** Refuses whoever may not see operational data. @param what is shown to others @throws GatewayError FORBIDDEN */
export function requireOps({ role }: Pick<Caller, 'role'>, what: string): void {
  if (role !== 'ops') throw new GatewayError('FORBIDDEN', `${what} to keys of role ops only`)
}

/** Checks a key and takes it apart. @throws InvalidInputError */
export function toStreamView(account: ConnectedAccount, key: string, argument = 'key'): StreamView {
  const problem = findKeyProblem(key)
  if (problem) throw new InvalidInputError(argument, problem)
  const parts = account.provider.readKey(key)
  if ('problem' in parts) throw new InvalidInputError(argument, parts.problem)
  return toKnownStreamView(account, key, parts)
}

/** A stream the provider itself named: nothing to check, and a key that cannot be taken apart is all name. */
export function toNamedStreamView(account: ConnectedAccount, key: string): StreamView {
  const parts = account.provider.readKey(key)
  return toKnownStreamView(account, key, 'problem' in parts ? { domain: null, app: null, name: key } : parts)
}

function toKnownStreamView(
  account: ConnectedAccount,
  key: string,
  parts: { readonly domain: string | null; readonly app: string | null; readonly name: string },
): StreamView {
  const ref = { account: account.name, key }
  return { ...ref, domain: parts.domain, app: parts.app, name: parts.name, id: toStreamId(ref) }
}

/** The provider's operation. @throws CapabilityUnsupportedError with the provider's reason */
export function requireCapability<Name extends keyof Capabilities>(
  account: ConnectedAccount,
  name: Name,
): Capabilities[Name] {
  const answer = account.connection.capabilities[name]
  if (isSupported<Capabilities[Name]>(answer)) return answer
  const reason = refusalOf(account.connection.capabilities[name])?.unsupported
  throw new CapabilityUnsupportedError(`${account.provider.title} cannot answer this: ${reason}`, {
    account: account.name,
    provider: account.provider.id,
  })
}

/** A fact that comes with a capability. @throws CapabilityUnsupportedError when the provider states none */
export function requireFacts<Facts>(account: ConnectedAccount, facts: Facts | null): Facts {
  if (facts !== null) return facts
  throw new CapabilityUnsupportedError(`${account.provider.title} keeps no such history`, {
    account: account.name,
    provider: account.provider.id,
  })
}

/** Whether push sessions are put together from push samples, for want of a report. */
function derivesPushSessions(account: ConnectedAccount): boolean {
  const { listPushSessions, listPushSamples } = account.connection.capabilities
  return !isSupported(listPushSessions) && isSupported(listPushSamples)
}

/** How an account looks from outside. */
export function toAccountView(account: ConnectedAccount): AccountView {
  return { name: account.name, provider: account.provider.id, capabilities: toCapabilitySupport(account) }
}

function toCapabilitySupport(account: ConnectedAccount): readonly CapabilitySupport[] {
  return Object.entries(publicCapabilities).map(([name, operation]) => {
    const capability = name as PublicCapability
    if (capability === 'PUSH_SESSIONS' && derivesPushSessions(account))
      return { capability, supported: true, reason: 'derived from push samples; a gap of 30 s ends a session' }
    const answer = account.connection.capabilities[operation]
    const refusal = refusalOf(answer)
    if (refusal) return { capability, supported: false, reason: refusal.unsupported }
    const idle = capability === 'SNAPSHOTS' && !account.collectsSnapshots
    return {
      capability,
      supported: true,
      reason: idle ? 'not collected: snapshots.collect is off for this account' : null,
    }
  })
}
