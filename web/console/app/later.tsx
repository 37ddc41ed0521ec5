// A page whose code is loaded when it is wanted.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Trouble } from '../data/trouble.ts'
import { Loading, TroubleNote } from '../parts/states.tsx'

/** What is loaded, and what is made of it. */
interface LaterProps<Module> {
  /** The same function each time for the same module. */
  load: () => Promise<Module>
  show: (module: Module) => ComponentChildren
}

const notLoaded: Trouble = { code: 'OFFLINE', message: '', isRetryable: true }

/** Shows a module once it is there, and why it is not. */
export function Later<Module>({ load, show }: LaterProps<Module>) {
  const [loaded, setLoaded] = useState<{ load: () => Promise<Module>; module: Module }>()
  const [isFailed, setIsFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  // Each turn tries it anew.
  useEffect(() => {
    let isWanted = true
    setIsFailed(false)
    load().then(
      (module) => isWanted && setLoaded({ load, module }),
      () => isWanted && setIsFailed(true),
    )
    return () => {
      isWanted = false
    }
  }, [load, turn])
  const isThere = loaded?.load === load
  // The focus waits at the element around the page, unless somebody has moved on.
  useEffect(() => {
    const waiting = document.activeElement
    if (isThere && waiting?.id === 'main') waiting.querySelector('h1')?.focus()
  }, [isThere])
  if (isThere) return <>{show(loaded.module)}</>
  return (
    <div class="page">
      {isFailed ? <TroubleNote trouble={notLoaded} onRetry={() => setTurn(turn + 1)} /> : <Loading lines={8} />}
    </div>
  )
}
