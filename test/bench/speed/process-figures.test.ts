import { expect, it } from 'vitest'
import { readGroup, readStat } from '../../../bench/speed/process-figures.ts'

it('a process is read whatever its name is', () => {
  const fields = [
    'S',
    '1',
    '77',
    '77',
    '0',
    '-1',
    '0',
    '0',
    '0',
    '0',
    '0',
    '30',
    '12',
    '0',
    '0',
    '20',
    '0',
    '7',
    '0',
    '5',
    '9',
    '400',
  ]
  expect(readStat(`4711 (a ) b) ${fields.join(' ')} 0 0`)).toEqual({ group: 77, ticks: 42, pages: 400 })
})

it.runIf(process.platform === 'linux')('a group that nobody is in used nothing', async () => {
  expect(await readGroup(0x7f_ff_ff_ff)).toEqual({ cpuMicros: 0, rssBytes: 0 })
})
