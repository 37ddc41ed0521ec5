// The page that holds the figures of runs, each between two lines of its own.
import type { GroupName } from './selection.ts'

/** Topics whose figures are written together have a place together. */
const begins: Readonly<Record<GroupName, string>> = {
  shared: '<!-- figures: npm run bench -- --write -->',
  snapshots: '<!-- figures: npm run bench -- snapshots --write -->',
}
const END = '<!-- end of figures -->'

/** The page with other figures of one group. @throws RangeError when it has no place for them */
export function replaceFigures(page: string, figures: string, group: GroupName = 'shared'): string {
  const begin = page.indexOf(begins[group])
  const end = page.indexOf(END, begin)
  if (begin < 0 || end < begin) throw new RangeError(`the page has no lines "${begins[group]}" and "${END}"`)
  return `${page.slice(0, begin + begins[group].length)}\n\n${figures}\n\n${page.slice(end)}`
}
