// Quotas of accounts, as far as they are shown: where one stands, where it is going, and who spends it.
import type { Spending, SpendingReadings } from '#contract/readings.ts'
import type { Instant } from '#model/time-range.ts'
import type { ConnectedAccount } from './provider-registry.ts'
import { type PublicCapability, publicCapabilities, type QuotaSpenderView, type QuotaView } from './views.ts'

/** Most spenders that are shown. */
const MAX_SPENDERS = 50

/** See `Services.getQuota`. @param spending left out: nothing is known of the pace */
export async function readQuota(
  { name, readings }: Pick<ConnectedAccount, 'name' | 'readings'>,
  spending: SpendingReadings | undefined,
  now: Instant,
): Promise<QuotaView> {
  const quota = await readings.quota()
  const leftMs = spending?.findExhaustionMs(name, quota) ?? null
  return { ...quota, exhaustedAt: leftMs === null ? null : Math.ceil(now + leftMs) }
}

/** See `Services.listQuotaSpenders`; whether the caller may know has been decided. */
export function listQuotaSpenders(
  { name }: Pick<ConnectedAccount, 'name'>,
  spending: SpendingReadings | undefined,
): readonly QuotaSpenderView[] {
  const rows = spending?.listSpending(name) ?? []
  return rows.flatMap(toSpender).sort(bySpending).slice(0, MAX_SPENDERS)
}

/** What is of no capability is no question of anybody: no call is made for such. */
function toSpender({ operation, ...row }: Spending): readonly QuotaSpenderView[] {
  const capability = capabilityOf.get(operation)
  return capability ? [{ ...row, operation: capability }] : []
}

const capabilityOf: ReadonlyMap<string, PublicCapability> = new Map(
  Object.entries(publicCapabilities).flatMap(([name, operation]) =>
    isPublic(name) ? ([[operation, name]] as const) : [],
  ),
)

function isPublic(name: string): name is PublicCapability {
  return Object.hasOwn(publicCapabilities, name)
}

/** Most calls first, then most saved; then by name, so that the order is the same at each look. */
function bySpending(one: QuotaSpenderView, other: QuotaSpenderView): number {
  const saved = (row: QuotaSpenderView) => row.savedByCache + row.savedBySharing
  if (one.calls !== other.calls) return other.calls - one.calls
  if (saved(one) !== saved(other)) return saved(other) - saved(one)
  return `${one.client} ${one.operation}` < `${other.client} ${other.operation}` ? -1 : 1
}
