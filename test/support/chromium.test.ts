import { afterEach, expect, test, vi } from 'vitest'
import { findChromium, launchChromium } from './chromium.ts'

const INSTALL_TIMEOUT_MS = 300_000

afterEach(() => {
  vi.unstubAllEnvs()
})

test('refuses a CHROMIUM_PATH that names no program', async () => {
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium')
  await expect(findChromium()).rejects.toThrow('CHROMIUM_PATH names no program')
})

test(
  'opens a page in a browser of its own',
  async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.context.newPage()
      await page.goto('data:text/html,<h1>a page</h1>')
      expect(await page.textContent('h1')).toBe('a page')
    } finally {
      await browser.close()
    }
  },
  INSTALL_TIMEOUT_MS,
)
