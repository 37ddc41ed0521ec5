// The table of values in helm/weir/README.md, from the comments of values.yaml; the rest of the page is written by hand.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const opening = '<!-- values: from values.yaml, by npm run generate -->'
const closing = '<!-- /values -->'

/** One line of the table. */
interface ValueRow {
  /** With dots. */
  readonly path: string
  /** As JSON; undefined for a group of values. */
  readonly standard: string | undefined
  readonly text: string
}

/** The page with the table as values.yaml has it now. */
export async function fillValuesTable(page: string): Promise<string> {
  const start = page.indexOf(opening)
  const end = page.indexOf(closing)
  if (start === -1 || end < start) return page
  const values = await readFile(join(import.meta.dirname, '..', 'helm', 'weir', 'values.yaml'), 'utf8')
  const rows = listValues(values).map(
    ({ path, standard, text }) => `| \`${path}\` | ${standard === undefined ? '' : `\`${standard}\``} | ${text} |`,
  )
  const table = ['| Value | Default | |', '| --- | --- | --- |', ...rows].join('\n')
  return `${page.slice(0, start + opening.length)}\n\n${table}\n\n${page.slice(end)}`
}

/**
 * Every value with the comment above it, in the order of the file. A group (a mapping that is not empty) has a row of its
 * own where it has a comment. Indented lines of a comment are examples, which fit into no table.
 */
function listValues(text: string): readonly ValueRow[] {
  const standards: unknown = parse(text)
  const rows: ValueRow[] = []
  let path: string[] = []
  let comment: string[] = []
  for (const line of text.split('\n')) {
    const [, indent = '', key] = /^( *)(?:([A-Za-z_][\w.:-]*):|#)/.exec(line) ?? []
    if (key === undefined) {
      comment = line.trimStart().startsWith('#') ? [...comment, line.trimStart().slice(1)] : []
      continue
    }
    path = [...path.slice(0, indent.length / 2), key]
    const standard = findValue(standards, path)
    const group = z.record(z.string(), z.unknown()).safeParse(standard)
    const isGroup = group.success && Object.keys(group.data).length > 0
    if (!isGroup || comment.length > 0)
      rows.push({
        path: path.join('.'),
        standard: isGroup ? undefined : JSON.stringify(standard),
        text: toCell(comment),
      })
    comment = []
  }
  return rows
}

function findValue(values: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => z.record(z.string(), z.unknown()).parse(value)[key], values)
}

/** Lines of a comment, without their "#", as the text of a cell. */
function toCell(comment: readonly string[]): string {
  return comment
    .filter((line) => !line.startsWith('   '))
    .map((line) => line.trim())
    .join('\n')
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim().replaceAll('\n', ' ').replaceAll('|', '\\|'))
    .filter((paragraph) => paragraph !== '')
    .join('<br>')
}
