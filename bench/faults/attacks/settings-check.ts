// Has the gateway look at a settings file and end, as an operator would.
import { execFile } from 'node:child_process'
import { join } from 'node:path'

const project = join(import.meta.dirname, '..', '..', '..')

/** What came of it. */
export interface SettingsVerdict {
  /** 0 for settings that it would start with. */
  readonly code: number
  /** Everything that it wrote. */
  readonly text: string
}

/** Checks a file. @param folder where it stands while it does so */
export function checkSettings(file: string, folder: string): Promise<SettingsVerdict> {
  const env = { PATH: process.env['PATH'], WEIR_CONFIG: file }
  const words = [join(project, 'src/main.ts'), '--check-config']
  return new Promise((resolve) => {
    const child = execFile(process.execPath, words, { cwd: folder, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
    )
  })
}
