import { expect, it } from 'vitest'
import { createProcessBell } from '#fleet/bell.ts'
import { describeBell, listen } from '#test/contract/bell-kit.ts'

describeBell('process', async () => {
  const bell = createProcessBell()
  return { here: bell, there: bell }
})

it('a process bell has rung at the end of the turn', async () => {
  const bell = createProcessBell()
  const rings = listen(bell, 'a')
  bell.ring('a')
  await new Promise((resolve) => setImmediate(resolve))
  expect(rings.count).toBe(1)
})
