// The console with much to show: thousands of streams, and a day as it was measured.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, launchChromium } from '#test/support/chromium.ts'
import {
  measureSlowness,
  openConsole,
  takeLongestTask,
  waitUntilShown,
  watchLongTasks,
} from '#test/support/chromium-console.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

/** No task may keep a click waiting for longer, on the machine that `measureSlowness` speaks of, in milliseconds. */
const MAX_TASK_MS = 100
const STREAMS = 5_000
const DAY_MS = 86_400_000
const TICK_MS = 5_000

let gateway: Gateway
let browser: Browser

beforeAll(async () => {
  const quota = { limit: 5_000, windowSeconds: 300 }
  gateway = await startGateway({ sandbox: { streams: STREAMS, quota }, tencent: { quota } })
  browser = await launchChromium()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

const open = (hash: string) =>
  openConsole(browser.context, { address: gateway.address, hash, kept: { 'weir:console:language': 'en' } })

/** Does something and expects that no task of the page was long. The machine is measured at both ends. */
async function expectShortTasks(page: Page, act: () => Promise<unknown>): Promise<void> {
  const slowness = await measureSlowness(page)
  // Which was one, and tells that they are noticed.
  expect(await takeLongestTask(page)).toBeGreaterThan(MAX_TASK_MS)
  await act()
  const longestMs = await takeLongestTask(page)
  expect(longestMs).toBeLessThan(MAX_TASK_MS * Math.max(slowness, await measureSlowness(page)))
}

describe('five thousand streams', () => {
  it('are read page by page, drawn as far as they are seen, searched and sorted without a wait', async () => {
    // From another page: how long a first visit takes to start is another question.
    const { page, asked, complaints } = await open('#/collector')
    await waitUntilShown(page)
    await watchLongTasks(page)
    const count = page.getByRole('status').filter({ hasText: 'of 5,000 streams' })
    await expectShortTasks(page, async () => {
      await page.getByRole('link', { name: 'Streams', exact: true }).click()
      await count.waitFor()
    })
    expect(asked.filter((name) => name === 'LiveStreams')).toHaveLength(Math.ceil(STREAMS / 300))
    const table = page.getByRole('table')
    expect(await table.getAttribute('aria-rowcount')).toBe(String(STREAMS + 1))
    expect(await table.getByRole('row').count()).toBeLessThan(100)

    await expectShortTasks(page, async () => {
      await page.getByRole('searchbox').fill('room4999')
      await expect.poll(() => table.getByRole('row').count()).toBe(2)
      await page.getByRole('searchbox').fill('')
      await count.filter({ hasText: /^5,000 of/ }).waitFor()
    })
    await expectShortTasks(page, async () => {
      await table.getByRole('button', { name: 'Viewers' }).click()
      await table.locator('th[aria-sort=ascending]').waitFor()
    })
    const viewers = (await table.locator('tbody tr:not(.spacer) td:nth-child(3)').allInnerTexts()).map(Number)
    expect(viewers.length).toBeGreaterThan(10)
    expect(viewers).toEqual(viewers.toSorted((one, other) => one - other))

    await expectShortTasks(page, async () => {
      await table.evaluate((element) => element.parentElement?.scrollTo(0, element.scrollHeight))
      await table.locator(`tr[aria-rowindex="${STREAMS + 1}"]`).waitFor()
    })
    expect(complaints).toEqual([])
    await page.close()
  })
})

describe('a day of ingest as it was measured', () => {
  it('is drawn, zoomed into and out of without a wait', async () => {
    // A day that is over: nothing is added while it is looked at.
    const to = Math.floor(Date.now() / TICK_MS) * TICK_MS - 600_000
    const range = `from=${new Date(to - DAY_MS).toISOString()}&to=${new Date(to).toISOString()}`
    const { page, complaints } = await open(`#/streams/tencent-main/8888_room1?${range}`)
    await waitUntilShown(page)
    await watchLongTasks(page)
    const chart = page.getByRole('application', { name: /^Bit ?rate/i })
    await chart.waitFor()
    const ingest = page.getByRole('region', { name: 'Ingest' })
    await ingest.getByText('averages of').waitFor()
    await expectShortTasks(page, async () => {
      await page.getByRole('button', { name: 'Every sample' }).click()
      await ingest.getByText('averages of').waitFor({ state: 'detached' })
    })
    await ingest.getByText('Show as a table').click()
    await ingest.getByText(`of ${(DAY_MS / TICK_MS).toLocaleString('en')} samples`).waitFor()
    await ingest.getByText('Show as a table').click()
    const box = await chart.boundingBox()
    if (!box) throw new Error('the chart is not to be seen')
    await expectShortTasks(page, async () => {
      await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 5 })
      await page.mouse.up()
      await expect.poll(() => page.url()).not.toContain(new Date(to).toISOString())
      await waitUntilShown(page)
    })
    await expectShortTasks(page, async () => {
      await chart.focus()
      await page.keyboard.press('0')
      await expect.poll(() => decodeURIComponent(page.url())).toContain(new Date(to).toISOString())
      await waitUntilShown(page)
    })
    expect(complaints).toEqual([])
    await page.close()
  })
})
