// The console when something is missing: a key, a role, a provider, a gateway, somebody who looks.
import { createHash } from 'node:crypto'
import type { Page, Request } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, launchChromium } from '#test/support/chromium.ts'
import { consolePages, openConsole, waitUntilShown } from '#test/support/chromium-console.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

const keys = { reader: 'a-key-for-looking', ops: 'a-key-for-operating' } as const

let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  const entries = Object.entries(keys).map(([role, key]) => ({
    name: role,
    role,
    sha256: createHash('sha256').update(key).digest('hex'),
  }))
  gateway = await startGateway({ settings: { access: { mode: 'keys', keys: entries } } })
  browser = await launchChromium()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})
afterEach(async () => {
  gateway.sandbox.clearFaults()
  await Promise.all(browser.context.pages().map((page) => page.close()))
})

async function open(hash: string, key?: string) {
  const opened = await openConsole(browser.context, {
    address: gateway.address,
    hash,
    kept: { 'weir:console:language': 'en' },
    ...(key !== undefined && { apiKey: key }),
  })
  return opened
}

describe('a gateway that wants a key', () => {
  it('is asked with the one that is typed in, until the browser session ends', async () => {
    const { page } = await open(consolePages.Streams)
    await page.getByRole('heading', { name: /API key/ }).waitFor()
    const form = page.getByRole('main')
    await form.getByLabel('API key').fill('not-a-key')
    await page.keyboard.press('Enter')
    await form
      .getByText(/not accept|refused/i)
      .first()
      .waitFor()
    await form.getByLabel('API key').fill(keys.reader)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: '8888_room1', exact: true }).waitFor()
    expect(await page.evaluate(() => Object.values(localStorage).join())).not.toContain(keys.reader)
    await page.reload()
    await page.getByRole('link', { name: '8888_room1', exact: true }).waitFor()
  })

  it('tells who may not see how snapshots are collected that it is for operators', async () => {
    const reader = await open(consolePages.Collector, keys.reader)
    await reader.page.getByText('For operators').first().waitFor()
    const operator = await open(consolePages.Collector, keys.ops)
    await waitUntilShown(operator.page)
    expect(await operator.page.getByText('For operators').count()).toBe(0)
  })
})

/** An hour that is over, as addresses have it. */
function hourBefore(): string {
  const toMs = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000
  return `from=${new Date(toMs - 3_600_000).toISOString()}&to=${new Date(toMs).toISOString()}`
}

describe('a provider that fails', () => {
  it('is told of with its code, and is forgotten as soon as it answers', async () => {
    gateway.sandbox.setFault({ kind: 'error', provider: 'tencent', status: 500 })
    const { page } = await open('#/streams/tencent-main/8888_room5', keys.ops)
    for (const panel of ['Ingest', 'Playback', 'Push sessions', 'Recordings'])
      await page.getByRole('region', { name: panel }).getByText('UPSTREAM_UNAVAILABLE').waitFor()
    gateway.sandbox.clearFaults()
    await page.getByRole('application', { name: /^Bit rate/ }).waitFor({ timeout: 20_000 })
    await expect.poll(() => page.getByText('UPSTREAM_UNAVAILABLE').count(), { timeout: 20_000 }).toBe(0)
  }, 60_000)
})

/** A browser without a window shows every page: the page is told otherwise. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((isNow) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => isNow })
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (isNow ? 'hidden' : 'visible'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}

describe('a page that nobody sees', () => {
  it('asks nothing, and catches up when it is seen', async () => {
    const { page, asked } = await open(consolePages.Overview, keys.ops)
    await page.clock.install()
    await page.reload()
    await waitUntilShown(page)
    const countAsked = () => asked.length
    // A page that is seen goes on asking.
    let before = countAsked()
    await page.clock.runFor(6_000)
    await expect.poll(countAsked).toBeGreaterThan(before)
    await page.waitForLoadState('networkidle')
    await hide(page, true)
    before = countAsked()
    await page.clock.runFor(600_000)
    expect(countAsked()).toBe(before)
    await hide(page, false)
    await expect.poll(countAsked).toBeGreaterThan(before)
  })
})

// The last: whoever fails so often is left alone for a while.
describe('a provider that goes on failing', () => {
  it('is asked more and more slowly, by one part of the page alone', async () => {
    gateway.sandbox.setFault({ kind: 'error', provider: 'tencent', status: 500 })
    // A range that is over: nothing but the failure has it asked for again.
    const { page, asked } = await open(`#/streams/tencent-main/8888_room6?${hourBefore()}`, keys.ops)
    const pending = new Set<Request>()
    page.on('request', (request) => pending.add(request))
    page.on('requestfinished', (request) => pending.delete(request))
    page.on('requestfailed', (request) => pending.delete(request))
    await page.clock.install()
    await page.reload()
    for (const panel of ['Ingest', 'Playback', 'Push sessions', 'Recordings'])
      await page.getByRole('region', { name: panel }).getByText('UPSTREAM_UNAVAILABLE').waitFor()
    await page.clock.pauseAt(Date.now() + 1_000)
    const before = asked.length
    for (let second = 0; second < 60; second++) {
      await page.clock.runFor(1_000)
      await expect.poll(() => pending.size, { interval: 5, timeout: 10_000 }).toBe(0)
    }
    const since = asked.slice(before)
    for (const name of ['PushSamples', 'PlaySamples', 'PushSessions', 'Recordings']) {
      const times = since.filter((one) => one === name).length
      // After 2, 4, 8, 16 and 30 seconds, or more where the gateway says so.
      expect(times, name).toBeGreaterThanOrEqual(1)
      expect(times, name).toBeLessThanOrEqual(5)
    }
  }, 60_000)
})
