// The process and its runtime, under the names that the package's own defaults have. Those start an observer and a
// timer that nothing ends, and read files of /proc on the event loop.
import { readdir, readFile } from 'node:fs/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { ReadingGroup } from './metrics.ts'

/** What the program says of itself. */
export interface BuildFacts {
  /** Of the program. */
  readonly version: string
}

/** Builds them. What the machine does not tell (only Linux tells of files and of virtual memory) is left out. */
export function createProcessMetrics({ version }: BuildFacts): ReadingGroup {
  return {
    async read({ registry, tryReading }) {
      addBuild(registry, version)
      addProcessorTime(registry)
      addHeap(registry)
      const isTold = process.platform === 'linux'
      addFiles(registry, isTold ? await tryReading({ reading: '/proc' }, readProc) : undefined)
    },
  }
}

function addBuild(registry: Registry, version: string): void {
  const build = new Gauge({
    name: 'weir_build_info',
    help: 'Always 1: what runs here.',
    labelNames: ['version', 'node'],
    registers: [registry],
  })
  build.set({ version, node: process.versions.node }, 1)
  const started = toGauge(
    registry,
    'weir_process_start_time_seconds',
    'When the process started, in seconds since 1970.',
  )
  started.set(performance.timeOrigin / 1000)
}

function addProcessorTime(registry: Registry): void {
  const { user, system } = process.cpuUsage()
  const counter = (name: string, help: string, microseconds: number) =>
    new Counter({ name, help, registers: [registry] }).inc(microseconds / 1e6)
  counter('weir_process_cpu_user_seconds_total', 'Processor time of the program itself.', user)
  counter('weir_process_cpu_system_seconds_total', 'Processor time of the system on its behalf.', system)
  counter('weir_process_cpu_seconds_total', 'Processor time of both kinds.', user + system)
}

function addHeap(registry: Registry): void {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
  const gauge = (name: string, help: string, value: number) => toGauge(registry, name, help).set(value)
  gauge('weir_process_resident_memory_bytes', 'Memory of the process that is in RAM.', rss)
  gauge('weir_nodejs_heap_size_total_bytes', 'Heap that the runtime has taken.', heapTotal)
  gauge('weir_nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed)
  gauge('weir_nodejs_external_memory_bytes', 'Memory outside the heap that objects in it hold: buffers.', external)
  const space = (name: string, help: string) => new Gauge({ name, help, labelNames: ['space'], registers: [registry] })
  const total = space('weir_nodejs_heap_space_size_total_bytes', 'Heap that the runtime has taken, by space.')
  const used = space('weir_nodejs_heap_space_size_used_bytes', 'Heap in use, by space.')
  for (const { space_name, space_size, space_used_size } of getHeapSpaceStatistics()) {
    const labels = { space: space_name.replace(/_space$/, '') }
    total.set(labels, space_size)
    used.set(labels, space_used_size)
  }
}

interface ProcFacts {
  readonly virtualBytes: number | undefined
  readonly openFiles: number
  readonly maxFiles: number | undefined
}

async function readProc(): Promise<ProcFacts> {
  const [status, limits, files] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/self/limits', 'utf8'),
    readdir('/proc/self/fd'),
  ])
  const virtualKib = toNumber(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1])
  return {
    virtualBytes: virtualKib === undefined ? undefined : virtualKib * 1024,
    // One of them is the look itself.
    openFiles: files.length - 1,
    maxFiles: toNumber(/^Max open files\s+(\d+)/m.exec(limits)?.[1]),
  }
}

function addFiles(registry: Registry, facts: ProcFacts | undefined): void {
  const gauge = (name: string, help: string, value: number | undefined) => {
    const added = toGauge(registry, name, help)
    // What is not known is not 0.
    if (value === undefined) added.remove()
    else added.set(value)
  }
  gauge('weir_process_virtual_memory_bytes', 'Addresses that the process has taken.', facts?.virtualBytes)
  gauge('weir_process_open_fds', 'Files and sockets that are open.', facts?.openFiles)
  gauge('weir_process_max_fds', 'Files and sockets that may be open.', facts?.maxFiles)
}

function toGauge(registry: Registry, name: string, help: string): Gauge {
  return new Gauge({ name, help, registers: [registry] })
}

function toNumber(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}
