import type { Locator } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '#test/support/chromium.ts'
import { buildRestApp } from './rest-app.ts'

test('the page is whole under a strict policy, asks nobody else, and keeps a key for the browser session', async () => {
  const keys: (string | undefined)[] = []
  const { app } = await buildRestApp(
    { 'tencent-main': {} },
    { authenticate: (request) => void keys.push(request.headers.authorization) },
  )
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.context.newPage()
  const foreign: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))

  // By keyboard, as some people do: a pointer waits for the page to stand still, which it may not under load.
  const press = async (button: Locator) => {
    await button.focus()
    await page.keyboard.press('Enter')
  }
  const execute = async () => {
    const operation = page.locator('#operations-Accounts-listAccounts')
    const isOpen = await operation.evaluate((element) => element.classList.contains('is-open'))
    if (!isOpen) await press(operation.locator('.opblock-summary-control').first())
    await press(operation.locator('.execute'))
    await operation.locator('.live-responses-table .response-col_status').last().waitFor()
    return operation.locator('.live-responses-table').innerText()
  }

  await page.goto(`${origin}/docs`)
  await page.locator('#operations-Accounts-listAccounts').waitFor()
  await press(page.locator('.auth-wrapper .authorize').first())
  await page.locator('.auth-container input').first().fill('a-typed-key')
  await press(page.locator('.auth-btn-wrapper .authorize').first())
  await press(page.locator('.btn-done').first())
  expect(await execute()).toContain('tencent-main')

  await page.reload()
  await page.locator('#operations-Accounts-listAccounts').waitFor()
  await execute()

  expect(keys).toEqual(['Bearer a-typed-key', 'Bearer a-typed-key'])
  expect(await page.evaluate('localStorage.length')).toBe(0)
  expect(foreign).toEqual([])
  expect(complaints).toEqual([])
}, 120_000)
