import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toEndpoint, toRequestTarget } from '#upstream/request-target.ts'

describe('toEndpoint', () => {
  it('takes an address apart and drops a trailing slash', () => {
    expect(toEndpoint('reports', 'https://open.example.com/')).toEqual({
      origin: 'https://open.example.com',
      basePath: '',
    })
    expect(toEndpoint('control', 'http://127.0.0.1:8080/common_access/')).toEqual({
      origin: 'http://127.0.0.1:8080',
      basePath: '/common_access',
    })
  })

  it.each(['', 'ftp://canary', 'canary', 'http://user:canary@host/', 'http://host/?canary', 'http://host/#canary'])(
    'refuses %s without repeating it',
    (address) => {
      let message = ''
      try {
        toEndpoint('control', address)
      } catch (error) {
        message = String(error)
      }
      expect(message).toMatch(/endpoint control/)
      expect(message).not.toContain('canary')
    },
  )
})

describe('toRequestTarget', () => {
  const endpoint = toEndpoint('control', 'http://host/common_access')

  it('is the base path when there is nothing else', () => {
    expect(toRequestTarget(endpoint, undefined, undefined)).toBe('/common_access')
    expect(toRequestTarget(toEndpoint('control', 'http://host'), undefined, [])).toBe('/')
    expect(toRequestTarget(toEndpoint('reports', 'http://host/base/'), '/api/report', [])).toBe('/base/api/report')
  })

  it('keeps every value inside its own parameter, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }), (values) => {
        const target = toRequestTarget(
          endpoint,
          undefined,
          values.map((value, index) => [`Param.s.${index}`, value]),
        )
        expect(target).toMatch(/^\/common_access\?[A-Za-z0-9._~%=&-]*$/)
        expect([...new URL(target, 'http://host').searchParams.values()]).toEqual(values)
      }),
    )
  })
})
