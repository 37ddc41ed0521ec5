import { describe, expect, test } from 'vitest'
import { findUnkept, readFiles } from '../../bench/faults/figures/bodies.ts'
import { AnswerTap } from '../../bench/faults/rig/answer-tap.ts'

const toAnswer = (...files: readonly string[]) =>
  JSON.stringify({ ret: 0, output: { data: files.map((file) => ({ pic_full_url: file })) } })
const toSent = (body: string, end: { readonly isWhole?: boolean; readonly isLeft?: boolean } = {}) => ({
  account: 'shots',
  base64: Buffer.from(body).toString('base64'),
  isWhole: true,
  isLeft: false,
  ...end,
})
const toHttp = (body: string, length = body.length) =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${length}\r\n\r\n${body}`)

describe('what was sent and is not kept (R8)', () => {
  test('is every body that the journal has not, or has fewer times', () => {
    const sent = [toSent('<html>'), toSent('<html>'), toSent(toAnswer('a'))]
    const kept = [Buffer.from('<html>'), Buffer.from(toAnswer('a'))]
    expect(findUnkept(sent, kept)).toEqual({ sent: 3, bodies: 1, leftBytes: 0 })
  })

  test('is no answer without messages, which nobody needs to keep', () => {
    expect(findUnkept([toSent(toAnswer())], [])).toEqual({ sent: 0, bodies: 0, leftBytes: 0 })
  })

  test('is a cut answer that is not kept as far as it came', () => {
    const half = toSent('{"ret":0,"outp', { isWhole: false })
    expect(findUnkept([half], [Buffer.from('{"ret":0,"outp')]).bodies).toBe(0)
    expect(findUnkept([half], [Buffer.from('{"ret":0')]).bodies).toBe(1)
  })

  test('is the end of what the gateway did not wait for, beyond the longest beginning that is kept', () => {
    const left = toSent('0123456789', { isWhole: false, isLeft: true })
    expect(findUnkept([left], [Buffer.from('01'), Buffer.from('0123456')])).toEqual({
      sent: 1,
      bodies: 0,
      leftBytes: 3,
    })
    expect(findUnkept([left], []).leftBytes).toBe(10)
  })
})

test('an answer is read when it is one, and only then', () => {
  expect(readFiles(Buffer.from(toAnswer('a', 'b')))).toEqual(['a', 'b'])
  expect(readFiles(Buffer.from('<html>'))).toBeUndefined()
})

describe('the tap', () => {
  test('finds the bodies of one answer after the other, wherever the pieces end', () => {
    const tap = new AnswerTap()
    const bytes = Buffer.concat([toHttp('one'), toHttp(''), toHttp('three')])
    for (const byte of bytes) tap.onBytes(1, Buffer.from([byte]))
    expect(tap.bodies().map(({ body, isWhole }) => [body.toString(), isWhole])).toEqual([
      ['one', true],
      ['', true],
      ['three', true],
    ])
  })

  test('tells who left an answer that is not whole', () => {
    const tap = new AnswerTap()
    tap.onBytes(1, toHttp('half', 8))
    tap.onEnd(1, 'target')
    tap.onEnd(1, 'client')
    tap.onBytes(2, toHttp('other', 8))
    tap.onEnd(2, 'client')
    expect(tap.bodies().map(({ body, isWhole, isLeft }) => [body.toString(), isWhole, isLeft])).toEqual([
      ['half', false, false],
      ['other', false, true],
    ])
  })
})
