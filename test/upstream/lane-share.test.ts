import { describe, expect, it } from 'vitest'
import { toBackgroundShare, toHeadroom, toKept } from '#upstream/lane-share.ts'

describe('the shares of the lanes', () => {
  it('are a tenth for the background and a fifth it leaves free, and never all of it', () => {
    expect([0, 1, 2, 5, 19, 20, 285, 300].map(toBackgroundShare)).toEqual([0, 0, 1, 1, 1, 2, 28, 30])
    expect([0, 1, 2, 5, 19, 20, 285, 300].map(toHeadroom)).toEqual([0, 0, 1, 1, 4, 4, 57, 60])
  })

  it('keep what the background has not had yet from interactive calls, while it is at work', () => {
    expect(toKept('interactive', 300, { isActive: false, used: 0 })).toBe(0)
    expect(toKept('interactive', 300, { isActive: true, used: 0 })).toBe(30)
    expect(toKept('interactive', 300, { isActive: true, used: 29 })).toBe(1)
    expect(toKept('interactive', 300, { isActive: true, used: 50 })).toBe(0)
  })

  it('let the background take its share whatever is left, and more only where enough is', () => {
    expect(toKept('background', 300, { isActive: true, used: 29 })).toBe(0)
    expect(toKept('background', 300, { isActive: true, used: 30 })).toBe(60)
  })
})
