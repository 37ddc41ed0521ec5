// What browsers are told: what pages of the gateway may load, and which pages of others may call it.
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** For how long browsers that have come by TLS come by nothing else, in seconds: half a year. */
const STRICT_TRANSPORT_SECONDS = 15_768_000

/** What every page keeps to. */
const commonDirectives = {
  'default-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

/**
 * The content security policy of a page whose styles, pictures and fonts are files of the gateway, as its scripts are, and
 * that makes no markup of texts.
 */
export const narrowPolicy = Object.entries({ ...commonDirectives, 'require-trusted-types-for': ["'script'"] })
  .map(([name, sources]) => `${name} ${sources.join(' ')}`)
  .join('; ')

/** What the headers depend on. */
export interface PageHeaderOptions {
  /** Origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[]
  /** Whether the gateway itself ends TLS. */
  readonly isTls: boolean
}

/** Adds the headers to every answer of `app`. */
export async function addPageHeaders(app: FastifyInstance, { corsOrigins, isTls }: PageHeaderOptions): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        ...commonDirectives,
        // The editor of GraphiQL and Swagger UI write styles of their own and draw from data: addresses.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'", 'data:'],
      },
    },
    // Without TLS of its own it may stand behind plain http on a private network: whoever ends TLS says this for the
    // whole host. Of other hosts below its name it knows nothing in any case.
    strictTransportSecurity: isTls && { maxAge: STRICT_TRANSPORT_SECONDS, includeSubDomains: false },
    // For browsers and plug-ins that are gone, or what they do anyway: every answer would carry them for nothing.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    originAgentCluster: false,
  })
  if (corsOrigins.length === 0) return
  await app.register(cors, {
    // A list even for one: a single text is told to every page, whichever it is. Cookies are never asked for.
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'graphql-require-preflight',
      'if-none-match',
      'last-event-id',
      'traceparent',
      'x-api-key',
      'x-request-id',
    ],
    exposedHeaders: [
      'age',
      'etag',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'weir-missing',
      'weir-stale',
      'x-request-id',
      'x-upstream-calls',
    ],
    maxAge: 600,
  })
}
