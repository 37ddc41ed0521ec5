// The first tabs of GraphiQL: queries that work on this very installation, whatever its accounts can do.

import { toIsoTime } from '#model/time-range.ts'
import type { AccountView, PublicCapability } from '#services/views.ts'

/** A tab. */
export interface ExampleTab {
  readonly title: string
  readonly query: string
  /** JSON text. */
  readonly variables: string
}

const HOUR_MS = 3_600_000

/** Tabs for what these accounts can do. Nothing is asked of a provider to make them. */
export function buildExampleTabs(accounts: readonly AccountView[], now: number): readonly ExampleTab[] {
  const can = (...capabilities: PublicCapability[]) =>
    accounts.find((account) => capabilities.every((capability) => isSupported(account, capability)))
  const lastHour = { from: toIsoTime(now - HOUR_MS), to: toIsoTime(now) }
  const lastWeek = { from: toIsoTime(now - 7 * 24 * HOUR_MS), to: toIsoTime(now) }
  const tabs: ExampleTab[] = []
  const add = (title: string, query: string, account: AccountView | undefined, variables: object) => {
    if (account) tabs.push(toTab(title, query, { account: account.name, ...variables }))
  }
  if (can('LIVE_STREAMS')) tabs.push(toTab('Live streams', liveStreamsQuery, {}))
  tabs.push(toTab('Accounts', accountsQuery, {}))
  add('Last hour of play', playQuery, can('PLAY_SAMPLES'), lastHour)
  add('Last hour of push', pushQuery, can('LIVE_STREAMS', 'PUSH_SAMPLES'), lastHour)
  add('Recordings and snapshots', filesQuery, can('LIVE_STREAMS', 'RECORDINGS', 'SNAPSHOTS'), {})
  // Keys that only the provider knows: these are the sandbox's, over real accounts they are for replacing.
  const reporter = accounts.find(
    (account) => isSupported(account, 'PUSH_SESSIONS') && !isSupported(account, 'LIVE_STREAMS'),
  )
  const keys = ['push.example.com/live/room1', 'push.example.com/live/room2']
  add('Push sessions', sessionsQuery, reporter, { keys, ...lastWeek })
  return tabs
}

function isSupported(account: AccountView, capability: PublicCapability): boolean {
  return account.capabilities.some((row) => row.capability === capability && row.supported)
}

function toTab(title: string, query: string, variables: Record<string, unknown>): ExampleTab {
  return { title, query, variables: JSON.stringify(variables, null, 2) }
}

const liveStreamsQuery = `query LiveStreams {
  liveStreams(first: 5) {
    totalCount
    nodes {
      key
      account { name provider }
      state
      live {
        onlineViewers
        bandwidthBitsPerSecond
        push { frameRate bitrateBitsPerSecond }
      }
    }
    failures { account code message }
    fetchedAt
    stale
  }
}
`

const accountsQuery = `query Accounts {
  accounts {
    name
    provider
    capabilities { capability supported reason }
    quota { limit windowSeconds used remaining nextFreeAt }
    health { state since lastErrorCode }
  }
}
`

const playQuery = `query LastHourOfPlay($account: String!, $from: DateTime!, $to: DateTime!) {
  account(name: $account) {
    playSamples(from: $from, to: $to, everySeconds: 300) {
      samples { observedAt bandwidthBitsPerSecond onlineViewers trafficBytes }
      totalTrafficBytes
      missing { from to code message }
      fetchedAt
      stale
    }
  }
}
`

const pushQuery = `query LastHourOfPush($account: String!, $from: DateTime!, $to: DateTime!) {
  account(name: $account) {
    liveStreams(first: 1) {
      nodes {
        key
        pushSamples(from: $from, to: $to, everySeconds: 60) {
          samples { observedAt frameRate bitrateBitsPerSecond clientIp }
          missing { from to code }
        }
        pushSessions(from: $from, to: $to) {
          sessions { startedAt endedAt durationMs source startsBefore endsAfter }
        }
      }
    }
  }
}
`

const filesQuery = `query RecordingsAndSnapshots($account: String!) {
  account(name: $account) {
    liveStreams(first: 1) {
      nodes {
        key
        recordings(first: 3) { totalCount nodes { id startedAt durationMs sizeBytes url } }
      }
    }
    snapshots(first: 5) { nodes { stream { key } takenAt width height url } }
  }
}
`

const sessionsQuery = `# Replace the keys by streams of yours.
query PushSessions($account: String!, $keys: [String!]!, $from: DateTime!, $to: DateTime!) {
  pushSessions(account: $account, keys: $keys, from: $from, to: $to) {
    stream { key domain app name }
    sessions { startedAt endedAt durationMs source }
    missing { from to code message }
  }
}
`
