// Charts of a run, for the front page.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bar, drawBars } from './chart.ts'
import { type ContenderName, contenderTitles } from './contenders.ts'
import { shapeNames, shapeTitles } from './questions.ts'
import type { RowReport } from './results.ts'
import { besides } from './rows/besides.ts'
import { CALLS_OF_OTHERS } from './rows/history-row.ts'
import type { Turns } from './turns.ts'

/** Draws all that there are figures for. @returns the files written, by name */
export async function drawPictures(
  folder: string,
  turns: Turns,
  reports: readonly RowReport[],
): Promise<readonly string[]> {
  const pictures = new Map<string, string>()
  for (const shape of shapeNames) {
    const bars = (['weir', ...besides] as const).flatMap((contender) => toBar(turns, contender, shape))
    if (bars.length < 2 || turns.reasonOf({ contender: 'http', load: shape }) !== undefined) continue
    const note = 'requests per second, bare node:http = 1; medians of one run, one core each, 48 connections'
    pictures.set(`speed-${shape}.svg`, drawBars(shapeTitles[shape], note, sortBars(bars)))
  }
  const calls = drawCalls(reports)
  if (calls !== undefined) pictures.set('provider-calls.svg', calls)
  await mkdir(folder, { recursive: true })
  for (const [name, text] of pictures) await writeFile(join(folder, name), text)
  return [...pictures.keys()]
}

function toBar(turns: Turns, contender: ContenderName, load: (typeof shapeNames)[number]): readonly Bar[] {
  const http = { contender: 'http', load } as const
  if (turns.reasonOf({ contender, load }) !== undefined || turns.reasonOf(http) !== undefined) return []
  const { median } = turns.ratio({ contender, load }, http, 'requestsPerSecond')
  const told = median >= 0.1 ? median.toFixed(2) : median.toFixed(3)
  return [{ title: contenderTitles[contender], value: median, told, isOurs: contender === 'weir' }]
}

const sortBars = (bars: readonly Bar[]) => bars.toSorted((one, other) => other.value - one.value)

function drawCalls(reports: readonly RowReport[]): string | undefined {
  const findings = reports.find(({ row }) => row.id === 'P8')?.findings ?? []
  const bars = findings.flatMap(({ what, measured }): readonly Bar[] =>
    typeof measured === 'string' || !what.startsWith('provider calls')
      ? []
      : [
          {
            title: `Weir, ${what.replace('provider calls, ', '')}`,
            value: measured.median,
            told: String(measured.median),
            isOurs: true,
          },
        ],
  )
  if (bars.length === 0) return undefined
  const other = {
    title: 'asking for it all each time',
    value: CALLS_OF_OTHERS,
    told: '1 080',
    isOurs: false,
  }
  return drawBars(
    'Six hours of playback, looked at every 10 s for an hour',
    'calls at the provider, those of the last row by arithmetic; fewer is better',
    [...bars, other],
  )
}
