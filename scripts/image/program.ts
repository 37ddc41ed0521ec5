// Runs the programs that build images, and keeps what they say.
import { spawn } from 'node:child_process'

/** How a program is run. */
export interface ProgramOptions {
  /** Its working directory. Default: this process's. */
  readonly folder?: string
  /** What is written to it. */
  readonly input?: string
}

/** Runs one to its end. @returns what it wrote to its standard output @throws Error with the end of what it complained */
export async function runProgram(
  [name = '', ...words]: readonly string[],
  { folder, input = '' }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(name, words, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  const said: Buffer[] = []
  const complained: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complained.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const output = Buffer.concat(said).toString()
  if (status === 0) return output
  const end = `${output}\n${Buffer.concat(complained).toString()}`.trimEnd().split('\n').slice(-15).join('\n')
  throw new Error(`${[name, ...words].join(' ')} ended with status ${status}:\n${end}`)
}
