// Rows that are JSON already, in an answer that is not yet: they are put into its text where they belong, as they are.
import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'

const [OPEN, CLOSE] = [Buffer.from('['), Buffer.from(']')]

/** A list of rows, standing in the data of an answer. */
interface WrittenRows {
  readonly pieces: readonly Buffer[]
  /** What JSON.stringify takes instead. */
  toJSON(): unknown
}

/** Holds rows until their answer is written. */
export class AnswerRows {
  /**
   * Stands in the text of an answer for rows, and in nothing else: nobody is ever sent it, and nobody guesses it. Letters,
   * digits and hyphens.
   */
  private readonly token = randomUUID()
  /** Those of the answer that is being written. */
  private met: WrittenRows[] | undefined

  /** What stands for a list of rows. @param pieces of its JSON, to be joined; no brackets */
  hold(pieces: readonly Buffer[]): object {
    const rows: WrittenRows = {
      pieces,
      toJSON: () => {
        // Written by anybody else, they are what they would have been.
        if (!this.met) return JSON.parse(Buffer.concat([OPEN, ...pieces, CLOSE]).toString())
        this.met.push(rows)
        return this.token
      },
    }
    return rows
  }

  /** The JSON of an answer, or of what holds one: byte for byte what it is with the rows as objects. */
  write(answer: object): Buffer {
    const met: WrittenRows[] = []
    this.met = met
    let text: string
    try {
      text = JSON.stringify(answer)
    } finally {
      this.met = undefined
    }
    const parts = text.split(`"${this.token}"`)
    if (parts.length !== met.length + 1) throw new Error('an answer holds more places of rows than rows')
    return Buffer.concat(
      parts.flatMap((part, index) => {
        const rows = met[index - 1]
        return rows ? [OPEN, ...rows.pieces, CLOSE, Buffer.from(part)] : [Buffer.from(part)]
      }),
    )
  }
}
