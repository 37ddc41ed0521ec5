// Every setting that is not a provider's own: its type, its default and what it means. The documentation is generated
// from here, and so is the text of every refusal.
import { z } from 'zod'
import { allowedRedisAddress, readRedisAddress } from '#fleet/redis-address.ts'
import { access, limits, queries } from './client-schema.ts'
import { allowedName, namePattern } from './names.ts'

const origin = z
  .string()
  .refine((text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text), {
    message: 'is no origin',
  })
  .meta({ allowed: '"*", or scheme, host and port without a path: "https://console.example.com"' })

const proxy = z
  .string()
  .regex(/^(?:loopback|linklocal|uniquelocal|[0-9A-Fa-f.:]{2,45}(?:\/\d{1,3})?)$/)
  .meta({ allowed: 'an IP address, a range such as "10.0.0.0/8", or "loopback", "linklocal", "uniquelocal"' })

const server = z.strictObject({
  host: z
    .string()
    .regex(/^(?=.{1,253}$)(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/)
    .default('127.0.0.1')
    .meta({
      description: 'Address to listen on. `HOST` in the environment overrides it.',
      allowed: 'an IP address (without brackets) or a host name',
    }),
  port: z.int().min(0).max(65535).default(4000).meta({
    description: 'Port to listen on; 0 takes a free one. `PORT` in the environment overrides it.',
  }),
  cors: z
    .strictObject({
      origins: z.array(origin).default([]).meta({
        description: 'Origins whose pages may call Weir. Empty: only pages that Weir itself serves.',
      }),
    })
    .prefault({})
    .meta({ description: 'Calls from web pages of other origins.' }),
  trustProxy: z.array(proxy).default([]).meta({
    description: "Proxies whose `X-Forwarded-*` headers are believed. Empty: nobody's.",
  }),
  drainSeconds: z.number().min(0).max(15).default(5).meta({
    description:
      'Seconds that a process which is told to stop (SIGTERM) goes on answering while `/readyz` says 503, so that whoever balances the load sends its requests elsewhere: longer than that takes to notice. It ends within 25 s in all.',
  }),
  tls: z
    .strictObject({
      certificateFile: z.string().min(1).meta({
        description:
          'PEM file of the certificate and of those it leans on, in this order; relative to the working directory.',
      }),
      keyFile: z.string().min(1).meta({ description: 'PEM file of its private key, without a passphrase.' }),
    })
    .nullable()
    .default(null)
    .meta({
      description:
        "TLS (1.2 or later) of Weir's own, for an installation without a proxy that ends it. Files that change are read again within a minute.",
    }),
})

const redis = z.strictObject({
  url: z
    .string()
    .superRefine((text, context) => {
      const { problem } = readRedisAddress(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .meta({
      description:
        'Address of Redis or Valkey, credentials included. `REDIS_URL` in the environment overrides it. Certificates of an authority of your own are believed when `NODE_EXTRA_CA_CERTS` names it.',
      allowed: allowedRedisAddress,
    }),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,32}$/)
    .default('weir')
    .meta({
      description:
        'Begins every key. Replicas that are to share a quota have the same; nobody else at that Redis has it.',
      allowed: '1 to 32 letters, digits, ".", "_" and "-"',
    }),
  maxReplicas: z.int().min(1).max(100).default(3).meta({
    description:
      'Most processes that ever share the Redis at the same time, those of a rolling update included. While it is out of reach each may use that part of the quota: too low a number breaks the promise that no more calls are made than the provider grants, too high a one wastes calls in an outage.',
  }),
})

const upstream = z.strictObject({
  deadlineMs: z.int().min(100).max(300_000).default(10_000).meta({
    description: 'Milliseconds after which a question to a provider is given up and answered with what is known.',
  }),
  maxResponseBytes: z
    .int()
    .min(1024)
    .max(1024 ** 3)
    .default(8 * 1024 ** 2)
    .meta({ description: 'Largest answer of a provider that is read, in bytes after decompression.' }),
})

const cache = z.strictObject({
  maxBytes: z
    .int()
    .min(0)
    .max(1024 ** 4)
    .default(128 * 1024 ** 2)
    .meta({
      description:
        'Memory for what is kept, in bytes; 0 keeps nothing. Five eighths for what providers answered, a quarter for whole answers, an eighth for rows of histories.',
    }),
  maxStaleSeconds: z.int().min(0).max(2_592_000).default(3600).meta({
    description: 'How long past its life an answer may still be served, marked stale, when nothing newer can be had.',
  }),
  maxKeepSeconds: z.int().min(0).max(34_560_000).default(2_592_000).meta({
    description:
      'Longest time that an answer is kept, in memory and in Redis, however long it stays true; 0 keeps none.',
  }),
  staleWhileRevalidateSeconds: z.int().min(0).max(86_400).default(0).meta({
    description:
      "An answer past its life by less than this is given at once, marked stale, and refreshed behind the caller's back; never beyond `maxStaleSeconds`. 0: every caller waits for a new one.",
  }),
  closedAfterSeconds: z.int().min(0).max(86_400).default(300).meta({
    description: 'Seconds after its end at which a window of samples is taken to be final and never asked for again.',
  }),
  closedDayAfterSeconds: z.int().min(0).max(604_800).default(21_600).meta({
    description: 'The same for a calendar day of a session report.',
  }),
})

const log = z.strictObject({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').meta({
    description: 'What is worth a log line. `LOG_LEVEL` in the environment overrides it.',
  }),
  requests: z.enum(['all', 'made', 'none']).default('all').meta({
    description:
      'Requests that have a log line of their own, at level `info`: all, or only those whose answer was not sent again from kept bytes, or none. A busy process answers thousands a second from kept bytes.',
  }),
})

const collector = z
  .string()
  .refine((text) => isCollectorAddress(text), { message: 'is no address of a collector' })
  .meta({ allowed: '"http://" or "https://", host and port, and a path where there is one: "http://collector:4318"' })

/** Nobody's name and password: what is sent along goes into a header. */
function isCollectorAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '')
}

const tracing = z.strictObject({
  endpoint: collector.nullable().default(null).meta({
    description:
      'Where traces are sent by OTLP over HTTP; `/v1/traces` is put behind it. Null: nothing is traced. `OTEL_EXPORTER_OTLP_ENDPOINT` in the environment overrides it.',
  }),
  sampleRatio: z.number().min(0).max(1).default(1).meta({
    description: 'Share of the traces that begin here which are kept. One that a client keeps is kept in any case.',
  }),
})

const interfaceLimit = z.strictObject({
  limit: z.int().min(1).max(1_000_000).meta({ description: 'Calls of this interface in any rolling window.' }),
  windowSeconds: z.int().min(1).max(86_400).meta({ description: 'Length of that window in seconds.' }),
})

/** What the provider grants an account. */
const quotaSchema = z.strictObject({
  limit: z.int().min(1).max(1_000_000).default(300).meta({
    description: 'Calls the provider grants in any rolling window.',
  }),
  windowSeconds: z.int().min(1).max(86_400).default(300).meta({ description: 'Length of the window in seconds.' }),
  guardMs: z.int().min(0).max(60_000).nullable().default(null).meta({
    description:
      'How much longer than the window a call is counted, for the spread between sending and arrival. Null: 2 % of the window, at least 250 and at most 2000.',
  }),
  outageReserve: z.number().min(0).max(0.9).default(0.05).meta({
    description: 'Share of the limit that is kept for processes which have lost sight of the others.',
  }),
  interfaces: z
    .record(z.string().min(1).max(64), interfaceLimit)
    .default({})
    .meta({ description: "Further limits by the provider's name of the call, such as `Get_LiveStat`." }),
})

/** What an account of every provider has besides that provider's own settings. */
export const accountBasicsSchema = z.strictObject({
  name: z.string().regex(namePattern).meta({
    description: 'What the account is called in every address and answer. Unique.',
    allowed: allowedName,
  }),
  provider: z.string().meta({ description: 'Whose account it is.' }),
  quota: quotaSchema.prefault({}).meta({ description: 'What the provider grants the account.' }),
})

/** The settings file, but for what is inside an account. */
export const settingsSchema = z.strictObject({
  server: server.prefault({}).meta({ description: 'Where Weir listens.' }),
  redis: redis.nullable().default(null).meta({
    description: 'What the replicas share. Left out: one process with embedded stores.',
  }),
  dataDirectory: z.string().min(1).default('./data').meta({
    description:
      'Folder of the embedded stores and journals; relative to the working directory. It belongs to one process, a second one refuses to start.',
  }),
  access: access.prefault({}).meta({ description: 'Who may ask.' }),
  limits: limits.prefault({}).meta({ description: 'What Weir grants its own clients.' }),
  queries: queries.prefault({}).meta({ description: 'What one operation may cost.' }),
  upstream: upstream.prefault({}).meta({ description: 'How providers are called.' }),
  cache: cache.prefault({}).meta({ description: 'How long answers are kept.' }),
  log: log.prefault({}).meta({ description: 'What is written to the log.' }),
  tracing: tracing.prefault({}).meta({ description: 'What OpenTelemetry is told of the work.' }),
  accounts: z.array(z.unknown()).min(1).meta({
    description: 'The accounts, in the order in which answers list them.',
    allowed: 'a list of at least one account',
  }),
})
