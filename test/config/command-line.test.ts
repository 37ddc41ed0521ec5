import { describe, expect, test } from 'vitest'
import { readCommandLine } from '../../src/config/command-line.ts'

const read = (line: string) => readCommandLine(line.split(' ').filter((word) => word !== ''))
const problemsOf = (line: string) => read(line).problems.map(({ problem }) => problem)

describe('the command line', () => {
  test.each([
    ['', { name: 'run' }],
    ['--check-config', { name: 'check' }],
    ['cache clear', { name: 'clear-cache', accounts: [] }],
    ['cache clear a b', { name: 'clear-cache', accounts: ['a', 'b'] }],
    ['snapshots replay', { name: 'replay-snapshots', accounts: [] }],
    ['snapshots replay --account a --account=b', { name: 'replay-snapshots', accounts: ['a', 'b'] }],
    ['snapshots quarantine', { name: 'list-quarantine', accounts: [], body: null }],
    ['snapshots quarantine --body 12 --account a', { name: 'list-quarantine', accounts: ['a'], body: '12' }],
    ['snapshots quarantine --forget 12', { name: 'forget-quarantined', accounts: [], id: '12' }],
    ['snapshots quarantine --forget=5-0 --account a', { name: 'forget-quarantined', accounts: ['a'], id: '5-0' }],
    ['snapshots export', { name: 'export-snapshots', accounts: [], from: null, to: null }],
    [
      'snapshots export --from 2026-11-21T03:00:00Z --to=2026-11-21T12:00:00+08:00',
      {
        name: 'export-snapshots',
        accounts: [],
        from: Date.parse('2026-11-21T03:00:00Z'),
        to: Date.parse('2026-11-21T04:00:00Z'),
      },
    ],
  ])('reads "%s"', (line, command) => {
    expect(read(line)).toEqual({ command, problems: [] })
  })

  test.each([
    ['snapshots', 'has an unknown argument "snapshots"'],
    ['snapshots drop', 'has an unknown argument "drop"'],
    ['snapshots constructor', 'has an unknown argument "constructor"'],
    ['snapshots replay a', 'has an unknown argument "a"'],
    ['snapshots replay --body 1', 'has an unknown argument "--body"'],
    ['snapshots export --body=1', 'has an unknown argument "--body=1"'],
    ['snapshots replay -v', 'has an unknown argument "-v"'],
    ['snapshots replay --', 'has an unknown argument "--"'],
    ['snapshots replay --account', 'has --account without a value'],
    ['snapshots replay --account=', 'has --account without a value'],
    ['snapshots export --from --to', 'has --from without a value'],
    ['snapshots export --from yesterday', 'has a --from that is no time: "yesterday"'],
    ['snapshots export --from 2026-11-21T03:00:00', 'has a --from that is no time: "2026-11-21T03:00:00"'],
    ['snapshots export --from 2026-11-21T03:00:00Z --to 2026-11-21T03:00:00Z', 'has a --from that is not before --to'],
    ['snapshots quarantine --body 1 --body 2', 'has --body 2 times; once is enough'],
    ['snapshots quarantine --forget 1 --forget 2', 'has --forget 2 times; once is enough'],
    ['snapshots quarantine --forget', 'has --forget without a value'],
    ['snapshots quarantine --body 1 --forget 1', 'has both --body and --forget'],
    ['snapshots replay --forget 1', 'has an unknown argument "--forget"'],
  ])('refuses "%s"', (line, problem) => {
    expect(problemsOf(line)).toContain(problem)
  })

  test('says what there is, and repeats no more of a word than can be a slip', () => {
    const [problem] = read(`snapshots replay ${'x'.repeat(100)}`).problems
    expect(problem).toMatchObject({ path: 'command line', allowed: expect.stringContaining('cache clear') })
    expect(problem?.problem.length).toBeLessThan(80)
  })
})
