// Made from documents/ by generate-documents.ts. Do not edit.

/** A document, with the types of what it takes and gives; both are there for the compiler only. */
export interface TypedDocument<Data, Variables> {
  readonly text: string
  readonly types?: (variables: Variables) => Data
}

/** `documents/live-streams.graphql` */
export const liveStreamsDocument: TypedDocument<LiveStreamsData, LiveStreamsVariables> = {
  text: `query LiveStreams($accounts: [String!], $first: Int, $after: String) {
  liveStreams(accounts: $accounts, first: $first, after: $after) {
    nodes {
      key
      account {
        name
        provider
      }
      live {
        onlineViewers
        bandwidthBitsPerSecond
      }
    }
    failures {
      account
      code
      message
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    stale
  }
}`,
}

/** What it takes. */
export interface LiveStreamsVariables {
  readonly accounts?: readonly string[] | null
  readonly first?: number | null
  readonly after?: string | null
}

/** What it gives. */
export interface LiveStreamsData {
  readonly liveStreams: {
    readonly nodes: readonly {
      readonly key: string
      readonly account: {
        readonly name: string
        readonly provider: 'TENCENT' | 'CHINANETCENTER'
      }
      readonly live: {
        readonly onlineViewers: number | null
        readonly bandwidthBitsPerSecond: number | null
      } | null
    }[]
    readonly failures: readonly {
      readonly account: string
      readonly code:
        | 'INVALID_INPUT'
        | 'UNAUTHENTICATED'
        | 'FORBIDDEN'
        | 'NOT_FOUND'
        | 'CAPABILITY_UNSUPPORTED'
        | 'RANGE_UNAVAILABLE'
        | 'QUERY_TOO_COMPLEX'
        | 'RATE_LIMITED'
        | 'ACCESS_UNAVAILABLE'
        | 'OVERLOADED'
        | 'QUOTA_EXHAUSTED'
        | 'UPSTREAM_THROTTLED'
        | 'UPSTREAM_CREDENTIAL'
        | 'UPSTREAM_REJECTED'
        | 'UPSTREAM_RESPONSE'
        | 'UPSTREAM_TIMEOUT'
        | 'UPSTREAM_UNAVAILABLE'
        | 'INTERNAL'
      readonly message: string
    }[]
    readonly pageInfo: {
      readonly hasNextPage: boolean
      readonly endCursor: string | null
    }
    readonly stale: boolean
  } | null
}

/** `documents/snapshots.graphql` */
export const snapshotsDocument: TypedDocument<SnapshotsData, SnapshotsVariables> = {
  text: `subscription Snapshots($account: String!, $key: String) {
  snapshot(account: $account, key: $key) {
    stream {
      key
    }
    takenAt
    url
  }
}`,
}

/** What it takes. */
export interface SnapshotsVariables {
  readonly account: string
  readonly key?: string | null
}

/** What it gives. */
export interface SnapshotsData {
  readonly snapshot: {
    readonly stream: {
      readonly key: string
    }
    readonly takenAt: string | null
    readonly url: string | null
  } | null
}
