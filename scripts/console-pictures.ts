// `node scripts/console-pictures.ts`: takes the pictures of the console in docs/images, over a sandbox, of the pages as they
// were built last. It is type-checked with the tests of pages: like them it drives a browser.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { launchChromium } from '../test/support/chromium.ts'
import { consolePages, openConsole, waitUntilShown } from '../test/support/chromium-console.ts'
import { startGateway } from '../test/support/gateway.ts'
import { projectFolder } from './checks/tool.ts'

/** A picture is read on code hosts, over all kinds of lines. */
const MAX_BYTES = 300_000
/** Lines that are drawn of what the page itself has read need some readings first. */
const COLLECT_MS = 90_000

const pictures = [
  { name: 'overview', page: 'Overview', theme: 'light', language: 'en' },
  { name: 'streams', page: 'Streams', theme: 'light', language: 'en' },
  { name: 'stream', page: 'Stream', theme: 'light', language: 'en' },
  { name: 'collector', page: 'Collector', theme: 'light', language: 'en' },
  { name: 'stream-dark', page: 'Stream', theme: 'dark', language: 'en' },
  { name: 'overview-zh', page: 'Overview', theme: 'light', language: 'zh' },
] as const

const gateway = await startGateway({
  tencent: { snapshots: { collect: true, bucket: 'shots', cosAppId: '1250000000' } },
})
const browser = await launchChromium()
try {
  const shown: Page[] = []
  // One after another: what is chosen in one is kept for all, and read when a page is opened.
  for (const { page: name, theme, language } of pictures) {
    const kept = { 'weir:console:theme': theme, 'weir:console:language': language }
    const hash = `${consolePages[name]}${name === 'Stream' ? '?last=1h&follow=1' : ''}`
    const { page } = await openConsole(browser.context, { address: gateway.address, hash, kept })
    await page.setViewportSize({ width: 1280, height: 800 })
    await waitUntilShown(page)
    shown.push(page)
  }
  await delay(COLLECT_MS)
  for (const [index, { name }] of pictures.entries()) {
    const path = join(projectFolder, `docs/images/console-${name}.png`)
    await shown[index]?.screenshot({ path, animations: 'disabled' })
    const { size } = await stat(path)
    if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, of ${MAX_BYTES} at most`)
    console.log(`${path}: ${Math.round(size / 1000)} kB`)
  }
} finally {
  await browser.close()
  await gateway.close()
}
