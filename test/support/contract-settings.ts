// The settings file of the public contract, which is accepted to the letter.
import { createHash } from 'node:crypto'

/** Stands where a provider's API key stands. */
export const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'
/** Digest of a client's key. */
export const DIGEST = createHash('sha256').update('a client key').digest('hex')

/** The settings as the public contract prints them. */
export const contractText = `
server:   { host: 127.0.0.1, port: 4000, cors: { origins: [] }, trustProxy: [] }
redis:    { url: "redis://127.0.0.1:6379" }      # left out: one process, embedded stores
dataDirectory: ./data                            # embedded durable stores and journals
access:   { mode: keys, keys: [ { name: web, sha256: "${DIGEST}", role: reader, accounts: ["tencent-main"] } ] }
limits:   { requestsPerMinute: null }            # per client; null = none
queries:  { maxDepth: 10, maxAliases: 30, maxProviderCalls: 60 }
upstream: { deadlineMs: 10000, maxResponseBytes: 8388608 }
cache:    { maxBytes: 134217728, maxStaleSeconds: 3600 }
accounts:
  - name: tencent-main
    provider: tencent
    credentials: { appId: 1250000000, apiKey: "\${TENCENT_API_KEY}" }
    endpoints:                                   # these are the defaults
      statistics: http://statcgi.video.qcloud.com/common_access
      control:    http://fcgi.video.qcloud.com/common_access
    recordings: { vodBizId: "200000000" }
    snapshots:  { collect: true, pollSeconds: 10, bucket: shots, cosAppId: "1250000000" }
    quota:      { limit: 300, windowSeconds: 300, guardMs: null, outageReserve: 0.05, interfaces: {} }
  - name: cnc-main
    provider: chinanetcenter
    credentials: { username: example, apiKey: "\${CNC_API_KEY}" }
    endpoints: { reports: https://open.chinanetcenter.com }
    maxDomainsPerCall: 1
    quota:      { limit: 300, windowSeconds: 300 }
`
/** What its variables need. */
export const contractEnvironment = { TENCENT_API_KEY: SECRET, CNC_API_KEY: 'another-secret' }
