// What the bench tells a contender: one JSON text in the environment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `port` to listen on at 127.0.0.1; `answers`: folder with the answers of Weir to the four questions, q1.json to q4.json;
 * `provider`: { statistics, appId, apiKey } of the emulated provider; `redisUrl`; `origin`: the address of the same data behind another gateway.
 */
export const options = JSON.parse(process.env.CONTENDER ?? '{}')

export const shapes = ['q1', 'q2', 'q3', 'q4']

/** The bytes that Weir answered. */
export const readAnswer = (shape) => readFileSync(join(options.answers, `${shape}.json`))

/** Weir's public schema, which all GraphQL servers here serve. */
export const schemaText = readFileSync(join(import.meta.dirname, '..', '..', 'schema.graphql'), 'utf8')
