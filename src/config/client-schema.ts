// Settings of those who ask: who they are, and how much they may ask for.
import { z } from 'zod'
import { isLoopback } from '#access/loopback.ts'
import { allowedName, namePattern } from './names.ts'

/** Signatures by key pairs; what a client could forge with a public key is not among them. */
const jwtAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

function isKeySetAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isLocal = isLoopback(hostname.replace(/^\[|\]$/g, ''))
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isLocal))
}
const accessKey = z.strictObject({
  name: z.string().regex(namePattern).meta({
    description: 'What the holder of the key is called in logs and limits. Unique.',
    allowed: allowedName,
  }),
  sha256: z
    .string()
    .toLowerCase()
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description: 'SHA-256 of the key. The key itself stands nowhere in the settings.',
      allowed: '64 hexadecimal digits',
    }),
  role: z.enum(['reader', 'ops']).default('reader').meta({
    description: '`reader` asks questions; `ops` may also introspect the schema and read `/metrics`.',
  }),
  accounts: z.array(z.string()).min(1).optional().meta({
    description: 'Accounts the holder may see. Left out: all of them.',
    allowed: 'a list of at least one account name',
  }),
})

/** A claim is named as it stands in the token, or by dots through objects of it. */
const claim = z.string().min(1).max(200)

const jwt = z.strictObject({
  issuer: z.string().min(1).max(500).meta({ description: 'The `iss` of every token.' }),
  audience: z.string().min(1).max(500).meta({ description: 'The `aud` of every token, or one of several.' }),
  jwksUrl: z.string().refine(isKeySetAddress, { message: 'is no such address' }).meta({
    description:
      'Where the keys are that tokens are signed with, as a JWK Set. Read at the first token, every 10 min, and when a token names a key that is not there.',
    allowed: 'an https address without credentials; http on loopback only',
  }),
  algorithms: z
    .array(z.enum(jwtAlgorithms))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .meta({ description: 'Signatures that are taken. Shared secrets and unsigned tokens never are.' }),
  clockToleranceSeconds: z.int().min(0).max(300).default(30).meta({
    description: "Seconds by which the issuer's clock may differ.",
  }),
  claims: z
    .strictObject({
      name: claim.default('sub').meta({ description: 'Claim with what the holder is called in logs and limits.' }),
      role: claim.default('weir_role').meta({
        description: 'Claim with a role, or a list of which the strongest counts. A token without one is refused.',
      }),
      accounts: claim.nullable().default('weir_accounts').meta({
        description:
          'Claim with the accounts the holder may see: a list, or a text with blanks between; `*` stands for all. A token without it sees none. Null: every token sees all.',
      }),
    })
    .prefault({})
    .meta({ description: 'Which claims of a token say what its holder may do.' }),
  roles: z
    .record(z.string().min(1).max(200), z.enum(['reader', 'ops']))
    .default({ reader: 'reader', ops: 'ops' })
    .meta({ description: 'What the values of the role claim stand for; others stand for nothing.' }),
})

/** Who may ask. */
export const access = z.strictObject({
  mode: z.enum(['open', 'keys', 'jwt']).optional().meta({
    description:
      '`keys`: every client sends one of the keys. `jwt`: every client sends a token of the issuer below. `open`: nobody sends anything. Left out: `keys` when keys are listed, `jwt` when there is an issuer, otherwise `open`, which is refused unless Weir listens on loopback only.',
  }),
  keys: z.array(accessKey).default([]).meta({
    description: 'The keys. A client sends its own as `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
  }),
  jwt: jwt.nullable().default(null).meta({
    description: 'Whose tokens are taken. A client sends one as `Authorization: Bearer <token>`.',
  }),
})
const connections = z.strictObject({
  perProcess: z.int().min(1).max(100_000).default(4000).meta({
    description: 'Most WebSockets and event streams that a process has open.',
  }),
  perClient: z.int().min(1).max(100_000).default(1000).meta({
    description: 'Most of them that one client has open in a process.',
  }),
  operationsPerSocket: z.int().min(1).max(10_000).default(100).meta({
    description: 'Most operations that run on one WebSocket at a time.',
  }),
  messagesPerSecond: z.int().min(1).max(10_000).default(50).meta({
    description: 'Messages a second that a WebSocket may send for long; ten times as many at once.',
  }),
})

/** What clients are granted. */
export const limits = z.strictObject({
  requestsPerMinute: z.int().min(1).max(10_000_000).nullable().optional().meta({
    description:
      'Requests a minute that each client is granted, over all processes that share a Redis: by its key or token, without one by its address. An operation on a WebSocket is a request. Null for no limit. Left out: null in open mode, 600 otherwise.',
  }),
  requestsPerMinutePerAddress: z.int().min(1).max(10_000_000).nullable().default(null).meta({
    description:
      'Requests a minute that all clients of one address (of one /64 with IPv6) are granted together; null for no limit.',
  }),
  failedKeysPerMinute: z.int().min(1).max(10_000).default(10).meta({
    description:
      'Wrong keys or tokens a minute that an address may send to a process; after that only those are listened to that were right from there before.',
  }),
  connections: connections.prefault({}).meta({ description: 'What stays open: WebSockets and event streams.' }),
})

/** What one operation may cost. */
export const queries = z.strictObject({
  maxDepth: z.int().min(1).max(100).default(10).meta({ description: 'How deep a GraphQL operation may be nested.' }),
  maxAliases: z.int().min(0).max(10_000).default(30).meta({
    description: 'How many aliases a GraphQL operation may have.',
  }),
  maxProviderCalls: z.int().min(1).max(10_000).default(60).meta({
    description: 'How many provider calls one operation may need.',
  }),
  persisted: z
    .strictObject({
      directory: z.string().min(1).nullable().default(null).meta({
        description:
          'Folder of registered operations: `<id>.graphql` files, and `.json` files of one object, id to document. A client asks by `documentId`, or by the SHA-256 of the document. Relative to the working directory.',
      }),
      only: z.boolean().default(false).meta({
        description: 'Whether nothing but registered operations is carried out, save for keys of role `ops`.',
      }),
      automatic: z.boolean().default(true).meta({
        description:
          'Whether clients may register documents of their own by their SHA-256, some hundred each, until they are forgotten.',
      }),
    })
    .prefault({})
    .meta({ description: 'Operations that are asked for by a name instead of a document.' }),
})
