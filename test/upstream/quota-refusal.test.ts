import { expect, it } from 'vitest'
import { isOpen, toClosedError, toExhaustedError } from '#upstream/quota-refusal.ts'

it('looks at a gate without staying in it', () => {
  let inside = 0
  const gate = {
    tryEnter: () => {
      if (inside > 0) return false
      inside += 1
      return true
    },
    leave: () => {
      inside -= 1
    },
    watch: () => undefined,
    toLateError: () => new Error('late'),
  }
  expect(isOpen(gate)).toBe(true)
  expect(inside).toBe(0)
  gate.tryEnter()
  expect(isOpen(gate)).toBe(false)
  expect(inside).toBe(1)
})

it('says when to ask again, and where nobody knows, in a while', () => {
  expect(toExhaustedError(1234)).toMatchObject({
    code: 'QUOTA_EXHAUSTED',
    retryAfterMs: 1234,
    message: expect.stringContaining('before the deadline'),
  })
  expect(toExhaustedError(-1)).toMatchObject({ retryAfterMs: 0 })
  expect(toExhaustedError(Number.POSITIVE_INFINITY)).toMatchObject({ retryAfterMs: 5000 })
  expect(toClosedError()).toMatchObject({
    code: 'QUOTA_EXHAUSTED',
    retryAfterMs: undefined,
    message: expect.stringContaining('stopping'),
  })
})
