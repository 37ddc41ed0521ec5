// One gateway for many cases: to start a process for each would be most of the time of the quick set. Who is first
// starts it, and it is stopped when nobody has come for it for a while.
import { type Gateway, type GatewaySetup, startGateway } from './gateway.ts'

/** Gateways by the name of their setup. */
export interface Gateways {
  /** Takes one, and starts it where there is none. The function gives it back. */
  take(name: string): Promise<{ readonly gateway: Gateway; readonly release: () => void }>
}

/** The next case comes at once, or not at all. */
const LINGER_MS = 1000

/** Knows how each is to be. */
export function createGateways(setups: Readonly<Record<string, () => GatewaySetup>>): Gateways {
  const running = new Map<string, { readonly gateway: Promise<Gateway>; users: number; timer?: NodeJS.Timeout }>()
  return {
    take: async (name) => {
      const setup = setups[name]
      if (setup === undefined) throw new Error(`there is no gateway ${name}`)
      const entry = running.get(name) ?? { gateway: startGateway(setup()), users: 0 }
      running.set(name, entry)
      clearTimeout(entry.timer)
      entry.users += 1
      const forget = () => {
        if (running.get(name) === entry) running.delete(name)
      }
      const gateway = await entry.gateway.catch((error: unknown) => {
        forget()
        throw error
      })
      const release = () => {
        entry.users -= 1
        // What has ended is of no use to anybody.
        if (gateway.end() !== undefined) forget()
        if (entry.users > 0) return
        entry.timer = setTimeout(() => {
          forget()
          gateway.close().catch((error: unknown) => console.error(error))
        }, LINGER_MS)
      }
      return { gateway, release }
    },
  }
}
