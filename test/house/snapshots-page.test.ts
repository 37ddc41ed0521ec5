// docs/snapshots.md keeps its word: its commands are understood, its metrics are those there are.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../../src/config/command-line.ts'

const page = readFileSync('docs/snapshots.md', 'utf8')
const shell = [...page.matchAll(/```sh[^\n]*\n([\s\S]*?)```/g)].flatMap(([, text = '']) => text.trim().split('\n'))

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

  it('names every metric of theirs that there is, and no other', async () => {
    const made = readFileSync('docs/metrics.md', 'utf8')
    const there = [...made.matchAll(/^\| `(weir_snapshot_\w+)` \|/gm)].map(([, name]) => name)
    const listed = [...page.matchAll(/^\| `(weir_\w+)` \|/gm)].map(([, name]) => name)
    expect(there.length).toBeGreaterThan(0)
    expect(listed.toSorted()).toEqual(there.toSorted())
    for (const [name] of page.matchAll(/weir_snapshot_\w+/g)) expect(there).toContain(name)
  })
})
