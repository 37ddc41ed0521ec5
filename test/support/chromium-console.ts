// The console in a browser, as a test looks at it: what it asks, what it complains about, what it breaks of its policy.
import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'

/** The pages, by the name that the navigation has for them in English, and where they are. */
export const consolePages = {
  Overview: '#/',
  Streams: '#/streams',
  Stream: '#/streams/tencent-main/8888_room1',
  Collector: '#/collector',
} as const

/** How long a page may take for a step, on a machine that has other things to do, in milliseconds. */
const STEP_LIMIT_MS = 10_000

/** A page of the console. */
export type ConsolePageName = keyof typeof consolePages

/** How a page is opened. */
export interface ConsoleOptions {
  /** Where the gateway is. */
  readonly address: string
  /** The part after the page's own address; the overview when left out. */
  readonly hash?: string
  /** What its local storage holds already. */
  readonly kept?: Readonly<Record<string, string>>
  /** A key that was typed in earlier in this session. */
  readonly apiKey?: string
}

/** A page of the console that is open. */
export interface OpenConsole {
  readonly page: Page
  /** Requests to other origins, complaints on its console, errors that nobody caught, and breaches of its policy. */
  readonly complaints: readonly string[]
  /** Questions it has asked at `/graphql` so far, by the name of the operation. */
  readonly asked: readonly string[]
  /** Bytes that have come over the wire so far, heads and bodies, for files of the page itself. */
  countBytes(): Promise<number>
}

/** Opens the console on a page of its own. It may not be drawn yet. */
export async function openConsole(context: BrowserContext, options: ConsoleOptions): Promise<OpenConsole> {
  const page = await context.newPage()
  // Sooner than a test: what has not come is named then.
  page.setDefaultTimeout(STEP_LIMIT_MS)
  const complaints: string[] = []
  const asked: string[] = []
  const files: Promise<number>[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(options.address)) complaints.push(`asks ${request.url()}`)
    if (request.url().endsWith('/graphql')) asked.push(toOperationName(request.postData()))
  })
  page.on('requestfinished', (request) => {
    if (!request.url().includes('/console/')) return
    files.push(
      request.sizes().then(({ responseHeadersSize, responseBodySize }) => responseHeadersSize + responseBodySize),
    )
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const stored = {
    local: Object.entries(options.kept ?? {}),
    session: options.apiKey === undefined ? [] : [['weir:api-key', options.apiKey] as const],
  }
  await page.addInitScript((entries) => {
    for (const [name, value] of entries.local) localStorage.setItem(name, value)
    for (const [name, value] of entries.session) sessionStorage.setItem(name, value)
  }, stored)
  await page.goto(`${options.address}/console/${options.hash ?? ''}`)
  return {
    page,
    complaints,
    asked,
    countBytes: async () => (await Promise.all(files)).reduce((sum, bytes) => sum + bytes, 0),
  }
}

/** Waits until the page shows what it was opened for: its title, and nothing that is still on its way. */
export async function waitUntilShown(page: Page): Promise<void> {
  await page.locator('main h1').waitFor()
  await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' })
}

function toOperationName(body: string | null): string {
  return /"operationName":"(\w+)"/.exec(body ?? '')?.[1] ?? 'unnamed'
}

/**
 * What keeps people out of the page as it is now, as axe sees it: of serious and critical issues the rule, and what of the
 * page breaks it.
 */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // By the way of a debugger: the policy of the page lets no script in.
  await page.evaluate(axe.source)
  const results: axe.AxeResults = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

/** Has the page note every task that held its main thread for 50 ms or more, since it was opened, and that will. */
export async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = []
    Object.assign(globalThis, { longTasks: tasks })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration)
    }).observe({ type: 'longtask', buffered: true })
  })
}

/** The longest task since `watchLongTasks` or since this was asked last, in milliseconds; 0 for none of 50 ms or more. */
export async function takeLongestTask(page: Page): Promise<number> {
  return page.evaluate(async () => {
    // What has just ended is told a moment later.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const { longTasks } = globalThis as unknown as { longTasks: number[] }
    return Math.max(0, ...longTasks.splice(0))
  })
}

/** How long the loop takes on a core of a small virtual machine that is left alone, in milliseconds. Limits are told for that one. */
const LOOP_MS = 50

/**
 * How many times slower this machine is just now than the one that limits are told for, 1 or more: the page runs a fixed
 * loop, five times at a stretch, of which the middle one counts.
 */
export async function measureSlowness(page: Page): Promise<number> {
  const times = await page.evaluate(async () => {
    // A task of the page's own, as what is measured will be.
    await new Promise((resolve) => setTimeout(resolve))
    return Array.from({ length: 5 }, () => {
      const startedAt = performance.now()
      let hash = 0
      for (let step = 0; step < 10_000_000; step++) hash = (Math.imul(hash, 31) + step) | 0
      // Looked at, or it need not be worked out.
      return performance.now() - startedAt + (hash === 1 ? 1 : 0)
    })
  })
  return Math.max(1, (times.toSorted((one, other) => one - other)[2] ?? 0) / LOOP_MS)
}
