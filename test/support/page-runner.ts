// Does what a page of the documentation says, the way a reader would: in a folder of his own with a fresh checkout.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listProjectFiles } from '../../scripts/checks/project-files.ts'
import { findFreePort } from './free-port.ts'
import { compareAnswer, type PageStep, readSteps, toFileName } from './page-blocks.ts'
import { waitUntil } from './wait-until.ts'

const project = join(import.meta.dirname, '..', '..')
const DAY_MS = 86_400_000
/** The day of the pages, midnight. */
const PAGE_DAY = Date.parse('2026-11-21')
/** How long a reader waits for a command, on a machine that has other things to do. */
const LIMIT_MS = 40_000

/** A gateway as `npm start` without settings makes it. */
export interface StartedGateway {
  readonly address: string
  /** Control port of its sandbox. */
  readonly sandbox: string
  close(): Promise<void>
}

/** How a page went. */
export interface PageVerdict {
  /** With the line of the page that they are about. None: the page is right. */
  readonly problems: readonly string[]
  readonly done: number
  /** Blocks marked `no-run`. */
  readonly leftOut: number
}

/** A folder that holds what a checkout would after `npm ci`, and nothing that was left behind by others. */
async function openCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-page-'))
  const names = new Set((await listProjectFiles(project)).map((path) => path.split('/')[0] ?? ''))
  for (const name of [...names, 'node_modules']) await symlink(join(project, name), join(folder, name))
  return folder
}

/** A command that is under way, with everything that it starts. */
interface Running {
  /** What it wrote so far: standard output, then what went wrong. */
  text(): string
  readonly ended: Promise<number | null>
  /** Ends it and what it started. */
  stop(): Promise<void>
}

function start(command: string, folder: string, environment: Readonly<Record<string, string>> = {}): Running {
  // A group of its own: what is started by npm does not end with npm.
  const child: ChildProcess = spawn('bash', ['-c', `set -e\n${command}`], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', NO_UPDATE_NOTIFIER: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let out = ''
  let bad = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    bad += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return {
    text: () => (bad === '' ? out : `${out}\n${bad}`),
    ended,
    stop: async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGINT')
      await ended
    },
  }
}

/** Starts what a page begins with. */
export async function startGatewayOfPages(): Promise<StartedGateway> {
  const folder = await openCheckout()
  const running = start('npm start', folder, { PORT: '0' })
  let isOver = false
  void running.ended.then(() => {
    isOver = true
  })
  const find = (name: string) => new RegExp(`^ +${name} +(http://[\\w.:]+)`, 'm').exec(running.text())?.[1]
  try {
    await waitUntil('the gateway says where it is', async () => isOver || find('Sandbox') !== undefined, LIMIT_MS)
    if (isOver) throw new Error('it has ended')
  } catch (error) {
    await running.stop()
    throw new Error(`npm start failed: ${running.text()}`, { cause: error })
  }
  return {
    address: find('GraphQL') ?? '',
    sandbox: find('Sandbox') ?? '',
    close: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Does a page. @param gateway what `npm start` stands for as long as the page has written no settings */
export async function runPage(page: string, gateway: StartedGateway): Promise<PageVerdict> {
  const folder = await openCheckout()
  const steps = readSteps(page)
  const doable = steps.filter(({ block }) => !block.words.includes('no-run'))
  const problems: string[] = []
  const visit = new PageVisit(folder, gateway)
  try {
    for (const step of doable) {
      const found = await visit.take(step).catch((error: unknown) => [String(error)])
      problems.push(...found.map((problem) => `line ${step.block.line}: ${problem}`))
    }
  } finally {
    await visit.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { problems, done: doable.length, leftOut: steps.length - doable.length }
}

/** One reader of one page. */
class PageVisit {
  private readonly folder: string
  private readonly sandbox: string
  private address: string
  private running: Running | undefined

  constructor(folder: string, { address, sandbox }: StartedGateway) {
    this.folder = folder
    this.address = address
    this.sandbox = sandbox
  }

  /** Takes a step. @returns what is not as the page has it */
  async take({ block, shown }: PageStep): Promise<readonly string[]> {
    const name = toFileName(block)
    if (name !== undefined) {
      await writeFile(join(this.folder, name), this.toPresent(block.text))
      return []
    }
    const text = this.toPresent(block.text)
    if (block.language === 'graphql')
      return shown ? compareAnswer(shown, await this.ask(text)) : this.ask(text).then(noErrors)
    // The checkout is installed already.
    const command = text.replaceAll('npm ci && ', '')
    if (/\b(?:npm start|node src\/main\.ts)\s*$/.test(command)) return this.startAnother(command)
    const running = start(command, this.folder)
    let isLate = false
    const limit = setTimeout(() => {
      isLate = true
      void running.stop()
    }, LIMIT_MS)
    const status = await running.ended
    clearTimeout(limit)
    if (isLate) return [`has not ended: ${running.text()}`]
    const isExpected = block.words.includes('fails') ? status !== 0 : status === 0
    if (!isExpected) return [`ended with ${status}: ${running.text()}`]
    return shown ? compareAnswer(shown, running.text()).map((problem) => `${problem}, in: ${running.text()}`) : []
  }

  /** Lets go of what was started. */
  async close(): Promise<void> {
    await this.running?.stop()
    this.running = undefined
  }

  /** The addresses of the gateway in place of those of the page, whose 21st of November 2026 becomes yesterday. */
  private toPresent(text: string): string {
    const shiftMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS - PAGE_DAY
    const shift = (date: string) => new Date(Date.parse(date) + shiftMs).toISOString().slice(0, 10)
    return text
      .replaceAll(/(?<=\/\/)(?:127\.0\.0\.1|localhost):4000\b/g, this.address.replace(/^\w+:\/\//, ''))
      .replaceAll(/(?:http:\/\/)?(?:127\.0\.0\.1|localhost):4100\b/g, this.sandbox)
      .replaceAll(/\b2026-11-\d\d\b/g, shift)
  }

  private async ask(query: string): Promise<string> {
    const answer = await fetch(`${this.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    return answer.text()
  }

  private async startAnother(command: string): Promise<readonly string[]> {
    // What everybody begins with runs already.
    if (command.trim() === 'npm start' && !existsSync(join(this.folder, 'weir.yaml'))) return []
    await this.close()
    const port = await findFreePort()
    const address = `http://127.0.0.1:${port}`
    const running = start(command, this.folder, { PORT: String(port) })
    this.running = running
    let isOver = false
    void running.ended.then(() => {
      isOver = true
    })
    const isThere = () =>
      fetch(`${address}/healthz`).then(
        () => true,
        () => isOver,
      )
    await waitUntil('the gateway of the page answers', isThere, LIMIT_MS)
    if (isOver) return [`the gateway has ended: ${running.text()}`]
    this.address = address
    return []
  }
}

function noErrors(text: string): readonly string[] {
  return text.includes('"errors"') ? [`was answered by ${text}`] : []
}
