// Documents that are asked for by a name instead of their text: those the operator has registered, and those a client
// has had kept by their digest (automatically persisted queries).
import type { Caller } from '#model/caller.ts'
import { GatewayError, InvalidInputError, NotFoundError } from '#model/errors.ts'
import { AutomaticOperations } from './automatic-operations.ts'
import { noRegisteredOperations, type RegisteredOperations, toDigest } from './registered-operations.ts'
import { RequestError, type RequestParameters } from './request.ts'

/** Finds the text of what is asked for. */
export interface PersistedOperations {
  /**
   * The document of a request: its own, or the one it names.
   * @throws GatewayError NOT_FOUND `PersistedQueryNotFound` for a name that stands for nothing, INVALID_INPUT
   * `PersistedQueryNotSupported` for a digest where none are kept, INVALID_INPUT for a digest that is not its
   * document's, FORBIDDEN for anything that is not registered where only that is carried out
   */
  resolve(parameters: RequestParameters, caller: Caller): string
  /** Told of a request whose document may be executed: keeps it for this caller when its digest came along. */
  register(parameters: RequestParameters, caller: Caller): void
}

/** Which documents may be asked for, and how. */
export interface PersistedOptions {
  /** Left out: none. */
  readonly registered?: RegisteredOperations | undefined
  /** Whether callers of role `reader` may ask for nothing but those; false when left out. */
  readonly only?: boolean
  /** Whether clients may have documents of their own kept; false when left out. */
  readonly automatic?: boolean
}

/** Builds what finds documents. */
export function createPersistedOperations(options: PersistedOptions = {}): PersistedOperations {
  const { registered = noRegisteredOperations, only = false, automatic = false } = options
  const kept = new AutomaticOperations()
  const isHeldToRegistered = (caller: Caller) => only && caller.role !== 'ops'

  function findByDigest(digest: string, caller: Caller): string {
    const found = registered.findByDigest(digest)
    if (found !== undefined) return found
    if (isHeldToRegistered(caller)) throw forbidden()
    // Clients of automatically persisted queries know these two by their words: one sends the document along and goes
    // on so, the other one sends it for good.
    if (!automatic) throw new GatewayError('INVALID_INPUT', 'PersistedQueryNotSupported')
    const own = kept.find(caller.name, digest)
    if (own === undefined) throw new NotFoundError('PersistedQueryNotFound')
    return own
  }

  return {
    resolve: ({ query, documentId, digest }, caller) => {
      if (query === undefined) {
        const found =
          documentId === undefined ? digest && findByDigest(digest, caller) : registered.findById(documentId)
        if (found !== undefined) return found
        if (documentId !== undefined) throw new NotFoundError('PersistedQueryNotFound')
        throw new InvalidInputError('query', 'is missing')
      }
      const mustBeRegistered = isHeldToRegistered(caller)
      if (digest === undefined && !mustBeRegistered) return query
      const actual = toDigest(query)
      if (digest !== undefined && digest !== actual)
        throw new RequestError(
          400,
          'INVALID_INPUT',
          'extensions.persistedQuery.sha256Hash must be the SHA-256 of query',
        )
      // Whoever writes a registered document out asks for nothing else.
      if (mustBeRegistered && (actual === undefined || registered.findByDigest(actual) === undefined)) throw forbidden()
      return query
    },
    register: ({ query, digest }, caller) => {
      if (!automatic || query === undefined || digest === undefined || isHeldToRegistered(caller)) return
      if (registered.findByDigest(digest) === undefined) kept.keep(caller.name, digest, query)
    },
  }
}

function forbidden(): GatewayError {
  return new GatewayError(
    'FORBIDDEN',
    'only registered operations are carried out here: ask for one by documentId, or by the SHA-256 of its document',
  )
}
