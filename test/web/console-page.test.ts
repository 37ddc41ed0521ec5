// The console as people meet it: served by the gateway alone, under its narrow policy, for eyes, ears and keys.
import { existsSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, launchChromium } from '#test/support/chromium.ts'
import {
  type ConsolePageName,
  consolePages,
  findBarriers,
  measureSlowness,
  openConsole,
  waitUntilShown,
} from '#test/support/chromium-console.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

/** What a first visit may bring over the wire, in bytes: heads and packed bodies of all that the page loads of its own. */
const MAX_FIRST_VISIT_BYTES = 90_000
/** Until something is to be seen, on the machine that `measureSlowness` speaks of. */
const MAX_FIRST_PAINT_MS = 1_000

let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  expect(existsSync('web/dist/console/index.html'), 'the bundle is built by npm ci, or npm run build -w web').toBe(true)
  gateway = await startGateway({
    tencent: { snapshots: { collect: true, bucket: 'shots', cosAppId: '1250000000' } },
  })
  browser = await launchChromium()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

const open = (page: ConsolePageName, kept?: Record<string, string>) =>
  openConsole(browser.context, {
    address: gateway.address,
    hash: consolePages[page],
    kept: { 'weir:console:language': 'en', ...kept },
  })

const names = Object.keys(consolePages) as ConsolePageName[]

describe('the console', () => {
  it('is to be seen within a second of a first visit, and light to carry', async () => {
    const blank = await browser.context.newPage()
    const debug = await browser.context.newCDPSession(blank)
    await debug.send('Network.clearBrowserCache')
    const slowness = await measureSlowness(blank)
    await blank.close()
    const { page, countBytes } = await open('Overview')
    await waitUntilShown(page)
    const firstPaintMs = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY,
    )
    expect(firstPaintMs).toBeLessThan(MAX_FIRST_PAINT_MS * slowness)
    // The heaviest page brings what draws charts as well.
    await page.goto(`${gateway.address}/console/${consolePages.Stream}`)
    await waitUntilShown(page)
    expect(await countBytes()).toBeLessThan(MAX_FIRST_VISIT_BYTES)
    await page.close()
  })

  it('is served under a policy that lets in nothing from elsewhere, nothing inline and nothing from text', async () => {
    const response = await gateway.get('/console/')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/https?:|unsafe|data:|blob:|\*/)
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)|<style|style=/)
  })
})

describe.each(names)('the page %s', (name) => {
  it('shows itself without a complaint, in both languages and both colours, to everybody', async () => {
    const { page, complaints } = await open(name)
    await waitUntilShown(page)
    const barriers: Record<string, readonly string[]> = {}
    for (const language of ['en', 'zh'])
      for (const theme of ['light', 'dark']) {
        await page.getByRole('banner').locator('select').first().selectOption(language)
        await page.getByRole('banner').locator('select').nth(1).selectOption(theme)
        await page.locator(`html[lang^=${language}][data-theme=${theme}]`).waitFor()
        barriers[`${language} ${theme}`] = await findBarriers(page)
      }
    expect(barriers).toEqual({ 'en light': [], 'en dark': [], 'zh light': [], 'zh dark': [] })
    expect(complaints).toEqual([])
    await page.close()
  })
})

/** Goes on by the tab key until the element that has the focus is of this role and name. */
async function tabTo(page: Page, role: 'link' | 'button', name: RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name })
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab')
    if ((await wanted.and(page.locator(':focus')).count()) === 1) return
  }
  throw new Error(`the tab key leads to no ${role} ${name}`)
}

describe('by keyboard alone', () => {
  it('a stream is found, opened and looked at over another time, and its question copied', async () => {
    const { page } = await open('Streams')
    await waitUntilShown(page)
    const streams = page.getByRole('table').getByRole('link')
    const [first = '', second = ''] = await streams.allInnerTexts()
    await tabTo(page, 'link', new RegExp(`^${first}$`))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.hash.startsWith(`#/streams/tencent-main/${second}`))
    await waitUntilShown(page)
    expect(await page.locator(':focus').innerText()).toContain(second)
    await tabTo(page, 'button', /^6 h$/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/last=6h/)
    await tabTo(page, 'button', /^as curl: Ingest/)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    expect(await dialog.innerText()).toContain(`/v1/accounts/tencent-main/streams/${second}/push-samples?`)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await page.locator(':focus').innerText()).toContain('as curl')
    await page.close()
  })
})

describe('a stream that is followed', () => {
  it('has its newest sample on the page as soon as it is measured', async () => {
    const { page, complaints } = await open('Stream')
    await waitUntilShown(page)
    await page.getByRole('button', { name: 'Follow live' }).click()
    await page.getByText('following', { exact: true }).waitFor()
    const ingest = page.getByRole('region', { name: 'Ingest' })
    await ingest.getByText('Show as a table').click()
    const newest = ingest.getByRole('rowheader').first()
    const first = await newest.innerText()
    await expect.poll(() => newest.innerText(), { timeout: 15_000 }).not.toBe(first)
    expect(complaints).toEqual([])
    await page.close()
  })
})
