// Totals over the live streams of several accounts, asked for while the page is seen.
import { useEffect, useState } from 'preact/hooks'
import { apiKey } from '../data/gateway.ts'
import { ask } from '../data/graphql.ts'
import { type LiveTotals, liveTotalsOperation } from '../data/overview-operations.ts'
import { poll } from '../data/poll.ts'
import { findTrouble, type Trouble, toTrouble } from '../data/trouble.ts'

/** Each costs a provider call of its account. */
const EVERY_MS = 15_000
/** Well below the provider calls that one question may cost. */
const AT_ONCE = 30

/** Totals of an account, or why there are none. */
export interface AccountTotals {
  readonly totals: LiveTotals | null
  readonly trouble: Trouble | undefined
}

/** Totals by the name of the account; what is not there yet is being asked for. */
export type TotalsByAccount = ReadonlyMap<string, AccountTotals>

/** Keeps the totals of accounts, which all can list. */
export function useLiveTotals(names: readonly string[]): TotalsByAccount {
  const [known, setKnown] = useState<TotalsByAccount>(new Map())
  const wanted = names.join('\n')
  const key = apiKey.value
  // Another key may see others.
  useEffect(() => {
    if (wanted === '') return
    const all = wanted.split('\n')
    const own = poll(async (signal) => {
      const groups = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, index) =>
        all.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
      )
      const failures: unknown[] = []
      await Promise.all(
        groups.map(async (group) => {
          try {
            const found = await askTotals(group, signal)
            if (!signal.aborted) setKnown((before) => new Map([...before, ...found]))
          } catch (error) {
            failures.push(error)
            if (signal.aborted) return
            const trouble = toTrouble(error)
            // What was known stays, for its age is shown with it.
            setKnown(
              (before) =>
                new Map([
                  ...before,
                  ...group.map((name) => [name, { totals: before.get(name)?.totals ?? null, trouble }] as const),
                ]),
            )
          }
        }),
      )
      if (failures.length > 0) throw failures[0]
    }, EVERY_MS)
    return () => own.stop()
  }, [wanted, key])
  return known
}

async function askTotals(
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly [string, AccountTotals])[]> {
  const { data, troubles } = await ask(liveTotalsOperation, { names }, signal)
  return data.accounts.map(({ name, liveTotals }, index) => [
    name,
    { totals: liveTotals, trouble: findTrouble(troubles, 'accounts', index, 'liveTotals') },
  ])
}
