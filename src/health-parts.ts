// How the parts of a gateway are, for whoever watches over it. Open to everybody: no names, no addresses, no numbers.
import type { ConnectedAccount } from '#services/provider-registry.ts'
import type { SnapshotCollector } from '#workers/snapshot-collector.ts'
import type { Replicas } from './replicas.ts'
import type { PartHealth } from './server/health-routes.ts'

/** Every part that there is, and whether it is well. */
export function listParts(
  accounts: readonly ConnectedAccount[],
  replicas: Replicas,
  collectors: readonly SnapshotCollector[],
): readonly PartHealth[] {
  const isWell = accounts.every((account) => account.readings.health().state === 'UP')
  return [
    ...toRedisPart(replicas.isWell()),
    ...toSnapshotsPart(collectors),
    // Neither how many accounts there are nor which of them fail.
    isWell
      ? { name: 'providers', state: 'ok' }
      : { name: 'providers', state: 'degraded', detail: 'not every account is answering well' },
  ]
}

function toSnapshotsPart(collectors: readonly SnapshotCollector[]): readonly PartHealth[] {
  if (collectors.length === 0) return []
  if (collectors.every((collector) => collector.isWell())) return [{ name: 'snapshots', state: 'ok' }]
  return [{ name: 'snapshots', state: 'degraded', detail: 'what is collected cannot be kept: the disk may be full' }]
}

function toRedisPart(isWell: boolean | undefined): readonly PartHealth[] {
  if (isWell === undefined) return []
  if (isWell) return [{ name: 'redis', state: 'ok' }]
  return [{ name: 'redis', state: 'degraded', detail: 'out of reach: nothing is shared with other replicas' }]
}
