// Two accounts of one process share nothing that one of them could use up.
import { afterEach, describe, expect, it } from 'vitest'
import { answering, type Behaviour, startHostileUpstream } from '#test/support/hostile-upstream.ts'
import { toAsk, toJsonRequest, toTestClient } from '#test/support/upstream-client.ts'
import type { UpstreamClient } from '#upstream/upstream-client.ts'

const CALLS = 200
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function open(behaviour: Behaviour, deadlineMs: number) {
  const server = await startHostileUpstream(behaviour)
  const client = toTestClient(server.url, { deadlineMs })
  opened.push(server, client)
  return { server, client }
}

/** Asks 200 times at once; the codes of the failures. */
async function hang({ call }: UpstreamClient): Promise<ReadonlySet<unknown>> {
  const calls = Array.from({ length: CALLS }, () => call(toJsonRequest(), toAsk()).catch((error) => error.code))
  return new Set(await Promise.all(calls))
}

describe('an account whose provider hangs', () => {
  it('does not hold up another one, and has no more calls in flight than connections', async () => {
    const healthy = await open(answering('{}'), 5000)
    const hanging = await open(() => undefined, 3000)
    let hasEnded = false
    const hung = hang(hanging.client).finally(() => {
      hasEnded = true
    })
    // Not one of the hanging calls has given up yet when all the others have long been answered.
    await Promise.all(Array.from({ length: CALLS }, () => healthy.client.call(toJsonRequest(), toAsk())))
    expect(hasEnded).toBe(false)
    expect(hanging.server.requests.length).toBeLessThanOrEqual(16)
    expect(await hung).toEqual(new Set(['UPSTREAM_TIMEOUT']))
    expect(hanging.server.requests.length).toBeLessThanOrEqual(32)
    expect(hanging.client.readings.health().state).toBe('DOWN')
    expect(healthy.client.readings.health().state).toBe('UP')
  })
})
