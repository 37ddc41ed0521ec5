// buildah with a store of its own, so that nothing of this machine's images is seen or changed.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runProgram } from './program.ts'

const configShape = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Cmd: z.array(z.string()),
  Entrypoint: z.array(z.string()).nullish(),
  WorkingDir: z.string(),
  StopSignal: z.string(),
  Labels: z.record(z.string(), z.string()),
  Volumes: z.record(z.string(), z.unknown()),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
})
const inspectionShape = z.object({ FromImageDigest: z.string(), Docker: z.object({ config: configShape }) })

/** What an image says of itself. */
export interface ImageConfig extends z.output<typeof configShape> {
  /** Of its manifest: the same for the same bytes. */
  readonly digest: string
}

/** A store of images. */
export interface Buildah {
  /** Runs a command of buildah. @returns its output */
  run(command: string, ...words: readonly string[]): Promise<string>
  /** Reads what an image says of itself. @throws Error when it is not one of Docker's format, or says too little */
  inspect(image: string): Promise<ImageConfig>
  /** Gives a folder with all that is in an image. Nothing that is written there comes into it. */
  mount(image: string): Promise<string>
  /** Lets go of all folders that were given. */
  close(): Promise<void>
}

/** Opens an empty store. @param folder a place for it */
export async function openBuildah(folder: string): Promise<Buildah> {
  await mkdir(folder, { recursive: true })
  const policy = join(folder, 'policy.json')
  await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
  const places = ['--root', join(folder, 'images'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  const takesPolicy = new Set(['from', 'commit', 'build'])
  const run = (command: string, ...words: readonly string[]) =>
    runProgram([
      'buildah',
      ...places,
      command,
      ...(takesPolicy.has(command) ? ['--signature-policy', policy] : []),
      ...words,
    ])
  return {
    run,
    inspect: async (image) => {
      const { Docker, FromImageDigest } = inspectionShape.parse(
        JSON.parse(await run('inspect', '--type', 'image', image)),
      )
      return { ...Docker.config, digest: FromImageDigest }
    },
    mount: async (image) => {
      const container = (await run('from', '--pull-never', image)).trim()
      return (await run('mount', container)).trim()
    },
    close: async () => {
      await run('rm', '--all')
    },
  }
}
