import { Counter, Gauge, Histogram, register } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createMetrics, type ReadingGroup } from '#telemetry/metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toSamples } from './samples.ts'

function create(...groups: ReadingGroup[]) {
  const clock = new FakeClock()
  const logged: { details: object; message: string }[] = []
  const metrics = createMetrics({ clock, log: { warn: (details, message) => logged.push({ details, message }) } })
  for (const group of groups) metrics.addReadings(group)
  const samples = async (maySee = (_account: string) => true) => toSamples(await metrics.render(maySee))
  return { metrics, clock, logged, samples }
}

const gauge = (name: string, read: () => Promise<number>): ReadingGroup => ({
  async read({ registry, tryReading }) {
    const value = await tryReading({ gauge: name }, read)
    const added = new Gauge({ name, help: `The ${name}.`, registers: [registry] })
    if (value !== undefined) added.set(value)
  },
})

describe('metrics', () => {
  test('keep what is counted, and read the rest anew each time', async () => {
    let level = 1
    const { metrics, samples } = create(gauge('level', async () => level))
    const count = new Counter({ name: 'count', help: 'Counts.', registers: [metrics.registry] })
    count.inc(2)
    expect(await samples()).toEqual(['count 2', 'level 1'])
    level = 5
    count.inc()
    expect(await samples()).toEqual(['count 3', 'level 5'])
  })

  test('can be asked for twice at once', async () => {
    const { samples } = create(gauge('level', async () => 1))
    const [one, other] = await Promise.all([samples(), samples()])
    expect(one).toEqual(other)
  })

  test('leave a gap for what fails or takes too long, and show the rest', async () => {
    const { samples, clock, logged } = create(
      gauge('broken', () => Promise.reject(new Error('gone'))),
      gauge('slow', () => new Promise(() => {})),
      gauge('well', async () => 1),
      {
        read: () => {
          throw new Error('no group')
        },
      },
    )
    const answer = samples()
    await clock.advance(2000)
    expect((await answer).toSorted()).toEqual(['broken 0', 'slow 0', 'well 1'])
    expect(clock.waiting).toBe(0)
    expect(logged.map(({ message }) => message).toSorted()).toEqual([
      'a group of metrics could not be read',
      'a metric could not be read',
      'a metric could not be read',
    ])
  })

  test('show series of an account to those who may see it, wherever the label stands', async () => {
    const { metrics, samples } = create({
      read({ registry }) {
        const each = new Gauge({ name: 'each', help: 'Each.', labelNames: ['account'], registers: [registry] })
        for (const account of ['a', 'b']) each.set({ account }, 1)
      },
    })
    const registers = [metrics.registry]
    const time = new Histogram({ name: 'time', help: 'Time.', labelNames: ['account'], buckets: [1], registers })
    const last = new Counter({ name: 'last', help: 'Last.', labelNames: ['tier', 'account'], registers })
    for (const account of ['a', 'b']) {
      time.observe({ account }, 0.5)
      last.inc({ tier: 'x', account })
    }
    const all = await samples()
    expect(all).toHaveLength(12)
    expect(await samples((account) => account === 'b')).toEqual(all.filter((line) => !line.includes('account="a"')))
    expect(await samples(() => false)).toEqual([])
  })

  test('are not misled by a label that looks like an account', async () => {
    const { metrics, samples } = create()
    const registers = [metrics.registry]
    const odd = new Counter({ name: 'odd', help: 'Odd.', labelNames: ['client', 'account'], registers })
    for (const client of ['account="b"', 'x",account="b', 'account=', '\\']) odd.inc({ client, account: 'a' })
    expect(await samples((account) => account === 'b')).toEqual([])
    expect(await samples((account) => account === 'a')).toHaveLength(4)
  })

  test('show what is of no account to everybody', async () => {
    const { metrics, samples } = create()
    new Counter({ name: 'plain', help: 'Plain.', labelNames: ['my_account'], registers: [metrics.registry] }).inc({
      my_account: 'a',
    })
    expect(await samples(() => false)).toEqual(['plain{my_account="a"} 1'])
  })

  test('say what each is, with its labels, by name', async () => {
    const { metrics } = create(gauge('level', async () => 1))
    const registers = [metrics.registry]
    new Histogram({ name: 'first', help: 'First.', labelNames: ['account', 'lane'], registers })
    expect(await metrics.describe()).toEqual([
      { name: 'first', type: 'histogram', help: 'First.', labels: ['account', 'lane'] },
      { name: 'level', type: 'gauge', help: 'The level.', labels: [] },
    ])
  })

  test('leave the registry of the package alone', async () => {
    await create(gauge('level', async () => 1)).samples()
    expect(register.getMetricsAsArray()).toEqual([])
  })
})
