import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSharedError, writeSharedError } from '#fleet/shared-error.ts'
import { type ErrorCode, errorTable, GatewayError, QueryTooComplexError, UpstreamError } from '#model/errors.ts'

const codes = Object.keys(errorTable).filter(
  (code): code is ErrorCode => code in errorTable && code !== 'INTERNAL' && code !== 'QUERY_TOO_COMPLEX',
)
const details = fc.record(
  {
    retryAfterMs: fc.nat(),
    account: fc.string(),
    provider: fc.string(),
    providerCode: fc.string(),
  },
  { requiredKeys: [] },
)

describe('a failure told to another replica', () => {
  it('arrives with its code, its message and its circumstances', () => {
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.string(), details, (code, message, circumstances) => {
        const text = writeSharedError(new GatewayError(code, message, circumstances))
        const error = readSharedError(text ?? '')
        expect(error).toBeInstanceOf(GatewayError)
        expect(error).toMatchObject({ code, message, ...circumstances, retryable: errorTable[code].retryable })
      }),
    )
  })

  it('says nothing of its cause and of where it arose', () => {
    const cause = new Error('http://open.example.com/?sign=0123456789')
    const text = writeSharedError(new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused', { cause }))
    expect(text).not.toContain('sign=')
    expect(text).not.toContain('.ts:')
  })

  it('is not told when it concerns nobody else', () => {
    const own = [
      new QueryTooComplexError('too much'),
      new GatewayError('INTERNAL', 'a fault'),
      new TypeError('a defect'),
    ]
    for (const error of [...own, undefined, 'text']) expect(writeSharedError(error)).toBeUndefined()
  })

  it('is nothing when the text is no failure of this version', () => {
    for (const text of ['', '{', 'null', '{"code":"NEW_CODE","message":"x"}', '{"code":"NOT_FOUND"}', '"toString"'])
      expect(readSharedError(text)).toBeUndefined()
    fc.assert(fc.property(fc.json(), (text) => readSharedError(text) === undefined))
  })
})
