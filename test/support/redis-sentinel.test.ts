import { afterEach, expect, test } from 'vitest'
import { type SentinelTrio, startSentinelTrio } from './redis-sentinel.ts'

const INSTALL_TIMEOUT_MS = 300_000

let trio: SentinelTrio | undefined

afterEach(async () => {
  await trio?.close()
})

test(
  'the sentinels name the primary, and its replica has what it was told',
  async () => {
    trio = await startSentinelTrio()
    const ports = trio.sentinels.map((sentinel) => sentinel.port)
    expect(trio.url).toBe(`redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/main`)
    for (const sentinel of trio.sentinels)
      expect(await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')).toEqual([
        '127.0.0.1',
        String(trio.primary.port),
      ])
    await trio.primary.command('SET', 'key', 'value')
    const { replica } = trio
    await expect.poll(() => replica.command('GET', 'key')).toBe('value')
  },
  INSTALL_TIMEOUT_MS,
)

test('a killed primary is replaced by its replica, which takes writes from then on', async () => {
  trio = await startSentinelTrio({ downAfterMs: 500 })
  await trio.primary.kill()
  expect(await trio.waitForFailover()).toBe(trio.replica.port)
  expect(await trio.replica.command('SET', 'key', 'value')).toBe('OK')
})

test('a primary that was frozen long enough comes back as a replica', async () => {
  trio = await startSentinelTrio({ downAfterMs: 500 })
  const { primary } = trio
  await primary.freeze()
  expect(await trio.waitForFailover()).toBe(trio.replica.port)
  await primary.resume()
  await expect.poll(() => primary.command('ROLE'), { timeout: 10_000 }).toContain('slave')
})
