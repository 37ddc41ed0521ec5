/** Starts the sandbox alone, on fixed ports of the loopback address, until it is told to stop. */
import { parseArgs } from 'node:util'
import { startSandbox } from './sandbox.ts'
import { toSettings } from './settings-snippet.ts'

const DEFAULT_PORT_BASE = 4100

const HELP = `Emulates Tencent Cloud Live and ChinaNetCenter on this machine.

Usage: npm run sandbox -- [options]

  --port-base <port>   first of four ports: control port, Tencent statistics, Tencent control,
                       ChinaNetCenter (default ${DEFAULT_PORT_BASE}); 0 takes any free ports
  --host <address>     address to listen on (default 127.0.0.1)
  --seed <number>      changes every random figure of the data (default 1)
  --streams <number>   live Tencent streams (default 40)
  --latency <ms>       holds every answer back (default 0)
  --limit <calls>      calls per account in 300 s (default 300)
  --help               this text
`

const OPTIONS = {
  'port-base': { type: 'string' },
  host: { type: 'string' },
  seed: { type: 'string' },
  streams: { type: 'string' },
  latency: { type: 'string' },
  limit: { type: 'string' },
  help: { type: 'boolean' },
} as const

try {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.help === true) console.log(HELP)
  else await run(values)
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`)
  process.exitCode = 1
}

async function run(values: { [name in keyof typeof OPTIONS]?: string | boolean | undefined }): Promise<void> {
  const base = readNumber('port-base') ?? DEFAULT_PORT_BASE
  const port = (offset: number) => (base === 0 ? 0 : base + offset)
  const sandbox = await startSandbox({
    host: typeof values.host === 'string' ? values.host : '127.0.0.1',
    ports: { control: port(0), tencentStatistics: port(1), tencentControl: port(2), chinanetcenter: port(3) },
    seed: readNumber('seed') ?? 1,
    streams: readNumber('streams') ?? 40,
    latencyMs: readNumber('latency') ?? 0,
    quota: { limit: readNumber('limit') ?? 300, windowSeconds: 300 },
  })
  const stop = () => void sandbox.close()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  console.log(`Sandbox is up; everything it says is simulated. Control port: ${sandbox.urls.control}/state`)
  console.log(`\nFor weir.yaml:\n\n${toSettings(sandbox)}`)

  function readNumber(name: keyof typeof OPTIONS): number | undefined {
    const text = values[name]
    if (text === undefined) return undefined
    if (typeof text !== 'string' || !/^\d+$/.test(text)) throw new RangeError(`--${name} must be a whole number`)
    return Number(text)
  }
}
