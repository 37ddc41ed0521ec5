// docs/snapshots.md keeps its word: its commands are understood, its requests answer, its metrics are those there are.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMetrics } from '#telemetry/metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { readCommandLine } from '../../src/config/command-line.ts'

const page = readFileSync('docs/snapshots.md', 'utf8')
const shell = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text = '']) => text.trim().split('\n'))

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway?.close())

describe('the page on snapshots', () => {
  it('shows commands that are understood', () => {
    const commands = shell.flatMap((line) => {
      const words = /^node src\/main\.ts ([^>]+)/.exec(line)?.[1]
      return words === undefined ? [] : [words.trim()]
    })
    expect(commands.length).toBeGreaterThanOrEqual(5)
    for (const words of commands) {
      const { command, problems } = readCommandLine(words.split(' '))
      expect([words, problems]).toEqual([words, []])
      expect(command.name).not.toBe('run')
    }
  })

  it('shows requests that answer', async () => {
    const paths = shell.flatMap((line) => /'http:\/\/127\.0\.0\.1:4000(\/v1[^']*)'/.exec(line)?.[1] ?? [])
    expect(paths.length).toBe(3)
    for (const path of paths) expect([path, (await gateway.get(path)).status]).toEqual([path, 200])
  })

  it('names every metric of theirs that there is, and no other', async () => {
    const metrics = createMetrics({ clock: new FakeClock(), log: { warn: () => undefined } })
    const text = await metrics.render(() => true)
    const there = [...text.matchAll(/^# HELP (weir_snapshot_\w+)/gm)].map(([, name]) => name)
    const listed = [...page.matchAll(/^\| `(weir_\w+)` \|/gm)].map(([, name]) => name)
    expect(listed).toEqual(there)
    for (const [name] of page.matchAll(/weir_snapshot_\w+/g)) expect(there).toContain(name)
  })
})
