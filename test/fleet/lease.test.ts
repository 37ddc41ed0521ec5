import { describe, expect, it } from 'vitest'
import { createProcessLease } from '#fleet/lease.ts'
import { describeLease } from '#test/contract/lease-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

describeLease('process', async () => ({ lease: createProcessLease(), clock: new FakeClock() }))

describe('the lease of one process', () => {
  it('is its own at once, without an end', async () => {
    const lease = createProcessLease()
    expect(await lease.hold()).toBe(true)
    expect(lease.heldUntilMs).toBe(Number.POSITIVE_INFINITY)
  })
})
