// One row of the goals: what is to be reached, how it is measured, and what is made of the figures.
import type { Spread } from '../comparison.ts'
import { type Cell, type TurnFigure, type Turns, toName } from './turns.ts'

/** All rows, in order. */
export const rowIds = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P12', 'P13', 'P14'] as const
/** Name of a row. */
export type RowId = (typeof rowIds)[number]

/** The row that a word names, in whatever case. */
export const findRowId = (word: string): RowId | undefined => rowIds.find((id) => id === word.toUpperCase())

/** One thing that was measured. */
export interface Finding {
  readonly what: string
  /** What it should be; undefined for a figure that is only told. */
  readonly goal: { readonly least: number } | { readonly most: number } | undefined
  /** After each number: ` ms`, ` MB`, ` ×`. */
  readonly unit: string
  /** A text says why it could not be measured. */
  readonly measured: Spread | string
}

/** How a finding is judged. */
export type Verdict = 'met' | 'missed' | 'not measured' | ''

/** One row. */
export interface Row<Rig> {
  readonly id: RowId
  /** One line. */
  readonly title: string
  /** How it is measured: one or two sentences. */
  readonly method: string
  /** Who has to be run under which load before. */
  readonly cells: readonly Cell[]
  /** Judges what was run, or measures what is measured by itself. */
  measure(rig: Rig): Promise<readonly Finding[]>
}

/** By its median. */
export function judge({ goal, measured }: Finding): Verdict {
  if (typeof measured === 'string') return 'not measured'
  if (goal === undefined) return ''
  return ('least' in goal ? measured.median >= goal.least : measured.median <= goal.most) ? 'met' : 'missed'
}

/** A ratio of two cells, or why there is none. */
export function toFinding(
  turns: Turns,
  words: {
    readonly what: string
    readonly one: Cell
    readonly other: Cell
    readonly figure?: TurnFigure
    readonly goal?: Finding['goal']
  },
): Finding {
  const { what, one, other, figure, goal } = words
  const absent = [one, other].find((cell) => turns.reasonOf(cell) !== undefined)
  const measured =
    absent === undefined
      ? turns.ratio(one, other, figure ?? 'requestsPerSecond')
      : `${toName(absent)}: ${turns.reasonOf(absent)}`
  return { what, goal, unit: ' ×', measured }
}
