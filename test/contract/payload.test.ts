import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fieldOf,
  isNothing,
  parseJson,
  toCount,
  toInteger,
  toMeasure,
  toObject,
  toRows,
  toText,
  toWebAddress,
} from '#contract/payload.ts'

const parse = (text: string) => parseJson(Buffer.from(text))
const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })

describe('parseJson', () => {
  it('keeps ids beyond 2^53 exact, quoted or not', () => {
    expect(parse('{"a":9007199254740993001,"b":"9007199254740993001","c":[ 9007199254740993]}')).toEqual({
      a: '9007199254740993001',
      b: '9007199254740993001',
      c: ['9007199254740993'],
    })
  })

  it('leaves numbers alone that a number can hold, beside one that it cannot', () => {
    expect(parse('{"a":9007199254740993001,"b":9007199254740991,"c":1.5,"d":1e300}')).toEqual({
      a: '9007199254740993001',
      b: 9007199254740991,
      c: 1.5,
      d: 1e300,
    })
  })

  it('is not misled by digits inside a text', () => {
    expect(parse('{"a":"x:9007199254740993001","b":1}')).toEqual({ a: 'x:9007199254740993001', b: 1 })
  })

  it('skips a byte order mark', () => {
    expect(parse('\ufeff{"ret":0}')).toEqual({ ret: 0 })
  })

  it('reads an answer in which one name is no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xd6, 0xd0]), Buffer.from('","b":1}')])
    expect(parseJson(body)).toMatchObject({ b: 1 })
  })

  it.each(['', '<html></html>', '{', '{"a":1}}', 'undefined', "{'a':1}", '[1,]'])('takes %j for no JSON', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('takes nothing that is nested deeper than an answer ever is', () => {
    const nest = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels)
    expect(parse(nest(32, '[', ']'))).toBeDefined()
    for (const levels of [33, 1000, 100_000]) {
      expect(parse(nest(levels, '[', ']'))).toBeUndefined()
      expect(parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)).toBeUndefined()
    }
  })

  it('does not throw at any depth', () => {
    const deep = `${'['.repeat(200_000)}12345678901234567890${']'.repeat(200_000)}`
    expect(() => parse(deep)).not.toThrow()
    expect(() => parse(`{"a":12345678901234567890,"b":${deep}}`)).not.toThrow()
  })

  it('reads what JSON can hold as JSON.parse does', () => {
    const value = fc.jsonValue({ noUnicodeString: false }).filter((json) => !/\d{16}/.test(JSON.stringify(json)))
    fc.assert(
      fc.property(value, (json) => {
        expect(parse(JSON.stringify(json))).toEqual(JSON.parse(JSON.stringify(json)))
      }),
    )
  })
})

describe('fields', () => {
  it('sees own properties only', () => {
    const object = toObject(parse('{"__proto__":{"ret":1},"a":1}')) ?? {}
    expect(fieldOf(object, 'ret')).toBeUndefined()
    expect(fieldOf(object, 'constructor')).toBeUndefined()
    expect(fieldOf(object, 'a')).toBe(1)
    expect(fieldOf(object, '__proto__')).toEqual({ ret: 1 })
  })

  it('takes lists, null and scalars for no object', () => {
    for (const value of [[], null, undefined, 1, 'a', true]) expect(toObject(value)).toBeUndefined()
  })
})

describe('rows', () => {
  it.each([
    [
      [1, 2],
      [1, 2],
    ],
    [[], []],
    [{}, []],
    [null, []],
    [undefined, []],
    ['', []],
    [{ a: 1 }, [{ a: 1 }]],
    ['text', undefined],
    [0, undefined],
    [false, undefined],
  ])('reads %j as %j', (value, rows) => {
    expect(toRows(value)).toEqual(rows)
  })
})

describe('numbers', () => {
  it.each([
    [12, 12],
    ['12', 12],
    [' 12.50 ', 12.5],
    ['1e3', 1000],
    ['+5', 5],
    [0, 0],
    ['0', 0],
    ['', null],
    ['  ', null],
    ['0x10', null],
    ['1,5', null],
    ['12 Mbps', null],
    ['Infinity', null],
    ['NaN', null],
    [-1, null],
    ['-1', null],
    [1e300, null],
    [true, null],
    [null, null],
    [[5], null],
    [{}, null],
  ])('measures %j as %j', (value, measure) => {
    expect(toMeasure(value)).toBe(measure)
  })

  it('takes the sign from zero', () => {
    expect(Object.is(toMeasure(-0), 0)).toBe(true)
  })

  it('scales without the noise of binary fractions', () => {
    expect(toMeasure(25.1, 1_000_000)).toBe(25_100_000)
    expect(toMeasure('1.1', 1_000_000)).toBe(1_100_000)
  })

  it.each([
    [30, 30],
    ['30', 30],
    [29.97, 30],
    [2_147_483_647, 2_147_483_647],
    [2_147_483_648, null],
    [-3, null],
  ])('counts %j as %j', (value, count) => {
    expect(toCount(value)).toBe(count)
  })

  it.each([
    [-1, -1],
    ['10003', 10003],
    [1.5, null],
    ['9007199254740993001', null],
    ['', null],
  ])('reads %j as the whole number %j', (value, integer) => {
    expect(toInteger(value)).toBe(integer)
  })

  it('never yields NaN, infinity or a negative number', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(undefined, 1, 1_000_000), (value, unit) => {
        for (const number of [toMeasure(value, unit), toCount(value)])
          expect(number === null || (Number.isFinite(number) && number >= 0)).toBe(true)
      }),
    )
  })
})

describe('texts', () => {
  it('keeps a text byte for byte, blanks around it included', () => {
    expect(toText(' a b ')).toBe(' a b ')
  })

  it.each([
    [123, '123'],
    ['', null],
    ['  ', null],
    [null, null],
    [true, null],
    [1.5, null],
    [{}, null],
  ])('reads %j as %j', (value, text) => {
    expect(toText(value)).toBe(text)
  })

  it.each([
    ['http://example.com/a?b=c#d', 'http://example.com/a?b=c#d'],
    [' https://example.com/ ', 'https://example.com/'],
    ['http://example.com/a b"c', 'http://example.com/a%20b%22c'],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['//example.com/a', null],
    ['example.com/a', null],
    ['', null],
    [null, null],
  ])('takes %j for the address %j', (value, address) => {
    expect(toWebAddress(value)).toBe(address)
  })
})

it('throws at nothing', () => {
  fc.assert(
    fc.property(anything, (value) => {
      for (const read of [toObject, isNothing, toRows, toMeasure, toCount, toInteger, toText, toWebAddress])
        expect(() => read(value)).not.toThrow()
    }),
  )
})
