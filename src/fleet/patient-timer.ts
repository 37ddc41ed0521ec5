// Timers for answers of the network. A busy process may come late to everything; what has arrived in the meantime is
// read before anybody is said not to have answered.

/** Calls back after `ms`, once all that had arrived by then has been read. @returns stops it */
export function startPatientTimer(ms: number, onEnd: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined
  // Timers run before the sockets of a turn are read, immediates after them.
  const timer = setTimeout(() => {
    immediate = setImmediate(onEnd)
  }, ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}
