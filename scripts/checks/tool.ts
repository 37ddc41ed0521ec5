// Runs a development tool of node_modules/.bin.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The project's folder. */
export const projectFolder = join(import.meta.dirname, '..', '..')

/** Runs a tool in the project's folder. @returns its whole output when it failed, nothing when it was content */
export function runTool(name: string, toolArguments: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const binaries = join(projectFolder, 'node_modules', '.bin')
    const child = spawn(name, toolArguments, {
      cwd: projectFolder,
      env: { ...process.env, PATH: binaries + delimiter + (process.env['PATH'] ?? ''), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // On Windows the tools are command files, which only a shell can start.
      shell: process.platform === 'win32',
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0) {
        resolve([])
        return
      }
      const output = Buffer.concat(chunks).toString().trimEnd()
      resolve(output === '' ? [`${name} ended with status ${status} and no output`] : output.split('\n'))
    })
  })
}
