import { expect, test } from 'vitest'
import type { Ask } from '#contract/ask.ts'
import { type CapabilityTable, nameOperations, unsupported } from '#contract/capability.ts'
import { createAsk, createFakeAccount } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

test('every operation says in its ask which it is, and every refusal stays one', async () => {
  const asks = new Map<string, Ask>()
  const note = (name: keyof CapabilityTable) => async (_query: unknown, ask: Ask) => {
    asks.set(name, ask)
    throw new Error(name)
  }
  const { capabilities } = createFakeAccount({}).connection
  const told = nameOperations({
    ...capabilities,
    getLiveReading: note('getLiveReading'),
    listRecordings: note('listRecordings'),
  })
  const ask = createAsk(new FakeClock())
  if (typeof told.getLiveReading === 'function') await told.getLiveReading({ key: 'room1' }, ask).catch(() => undefined)
  if (typeof told.listRecordings === 'function')
    await told.listRecordings({ key: 'room1', page: 1, size: 1 }, ask).catch(() => undefined)
  expect([...asks].map(([name, { capability }]) => [name, capability])).toEqual([
    ['getLiveReading', 'getLiveReading'],
    ['listRecordings', 'listRecordings'],
  ])
  expect(asks.get('getLiveReading')).toEqual({ ...ask, capability: 'getLiveReading' })
  expect(told.popSnapshots).toEqual(unsupported('the test does not need it'))
  expect(Object.keys(told)).toEqual(Object.keys(capabilities))
})
