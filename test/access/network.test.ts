import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toNetwork } from '#access/network.ts'

/** With the first run of noughts left out. */
function shorten(groups: readonly string[]): string {
  const from = groups.findIndex((group) => /^0+$/.test(group))
  if (from === -1) return groups.join(':')
  const length = groups.slice(from).findIndex((group) => !/^0+$/.test(group))
  const to = length === -1 ? groups.length : from + length
  return `${groups.slice(0, from).join(':')}::${groups.slice(to).join(':')}`
}

describe('the network of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:0DB8::ffff:0:1', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    [`fe80::1.2.3.4%${'x'.repeat(5000)}.y`, 'fe80:0:0:0'],
  ])('of %s is %s', (address, network) => {
    expect(toNetwork(address)).toBe(network)
  })

  test.each([
    ['192.0.2.1:49152', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8:0:0'],
    ['[2001:db8::1]:443', '2001:db8:0:0'],
  ])('of %s, as some proxies tell it, is %s', (address, network) => {
    expect(toNetwork(address)).toBe(network)
  })

  test.each(['', 'unknown', '_hidden', '1.2.3', '1.2.3.4:', '[::1', '192.0.2.1, 192.0.2.2', 'x'.repeat(16_000)])(
    'is the same one for everything that is none: %j',
    (text) => {
      expect(toNetwork(text)).toBe(toNetwork('something else'))
    },
  )

  test('of a client that has left is that of no address', () => {
    expect(toNetwork(undefined)).toBe(toNetwork('unknown'))
  })

  test('is the first half of an IPv6 address that is none of IPv4', () => {
    const group = fc.oneof(fc.constantFrom(0, 0, 0xffff), fc.integer({ min: 0, max: 0xffff }))
    const groups = fc.array(group, { minLength: 8, maxLength: 8 })
    const isMapped = (all: readonly number[]) => all.slice(0, 6).join() === '0,0,0,0,0,65535'
    fc.assert(
      fc.property(groups, fc.boolean(), (all, isPadded) => {
        const texts = all.map((one) => one.toString(16).padStart(isPadded ? 4 : 1, '0'))
        const half = all.slice(0, 4).map((one) => one.toString(16))
        const mapped = all.slice(6).flatMap((one) => [one >> 8, one & 255])
        const network = isMapped(all) ? mapped.join('.') : half.join(':')
        for (const spelled of [texts.join(':'), texts.join(':').toUpperCase(), shorten(texts)])
          expect(toNetwork(spelled)).toBe(network)
      }),
    )
  })

  test('is the same however an address is spelled, and short whatever the text', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const spelled = new URL(`http://[${address}]/`).hostname
        expect(toNetwork(spelled)).toBe(toNetwork(address))
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.ipV4(), fc.ipV6()), (text) => {
        expect(toNetwork(text).length).toBeLessThanOrEqual(19)
      }),
    )
  })
})
