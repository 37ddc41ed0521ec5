// Asks before anything is measured, so that every answer is kept where it can be.
import { Agent, request } from 'undici'

/** The first asker has it fetched, the second has it put together from what was fetched, the third has it whole. */
const TIMES = 3
const AT_ONCE = 8

/** Asks all questions. @returns the last answer to the first of them  @throws Error when one is not answered well */
export async function prime(
  url: string,
  bodies: readonly string[],
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const dispatcher = new Agent({ connections: AT_ONCE })
  const plain = { ...headers, 'accept-encoding': 'identity' }
  const ask = async (body: string): Promise<string> => {
    const answer = await request(url, { method: 'POST', headers: plain, body, dispatcher })
    const text = await answer.body.text()
    if (answer.statusCode !== 200 || /"errors":\[/.test(text))
      throw new Error(`${answer.statusCode} ${text.slice(0, 200)}`)
    return text
  }
  try {
    for (let time = 0; time < TIMES; time += 1) {
      let next = 0
      const lane = async () => {
        for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await ask(body)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
    }
    return await ask(bodies[0] ?? '')
  } finally {
    await dispatcher.close()
  }
}
