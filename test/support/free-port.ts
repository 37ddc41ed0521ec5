// Ports for servers that are started and stopped again by tests, measurements and scripts.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 where nobody listens. Below those that systems give away by themselves, as is the bus of a cluster,
 * ten thousand above it: a client that keeps knocking at a dead server could otherwise be given that very port, and a
 * process that is started again finds its own free.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 22_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
