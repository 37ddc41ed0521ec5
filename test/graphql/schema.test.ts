import { readFile } from 'node:fs/promises'
import { buildSchema, isEnumType, isInterfaceType, isNonNullType, isObjectType, isSpecifiedScalarType } from 'graphql'
import { expect, test } from 'vitest'
import { pagedFields } from '#graphql/pages.ts'
import { errorTable } from '#model/errors.ts'
import { publicCapabilities } from '#services/views.ts'
import { generateGraphqlTypes } from '../../scripts/generate-graphql-types.ts'
import { schemaText } from './harness.ts'

const schema = buildSchema(schemaText)
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'))
const objects = types.filter((type) => isObjectType(type) || isInterfaceType(type))
const fields = objects.flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))

const valuesOf = (name: string) => {
  const type = schema.getType(name)
  return isEnumType(type) ? type.getValues().map((value) => value.name) : []
}

test('every type, field, argument and enum value is described', () => {
  const bare = [
    ...types.filter((type) => !isSpecifiedScalarType(type) && !type.description).map((type) => type.name),
    ...fields.filter(({ field }) => !field.description).map(({ type, field }) => `${type.name}.${field.name}`),
    ...fields.flatMap(({ type, field }) =>
      field.args.filter((one) => !one.description).map((one) => `${type.name}.${field.name}(${one.name})`),
    ),
    ...types.filter(isEnumType).flatMap((type) =>
      type
        .getValues()
        .filter((value) => !value.description)
        .map((value) => `${type.name}.${value.name}`),
    ),
  ]
  expect(bare).toEqual([])
})

test('the codes of the schema are those of the error table', () => {
  expect(valuesOf('ErrorCode')).toEqual(Object.keys(errorTable))
  for (const [code, { when }] of Object.entries(errorTable)) {
    const type = schema.getType('ErrorCode')
    expect(isEnumType(type) && type.getValue(code)?.description).toBe(when)
  }
})

test('the capabilities of the schema are those of the services', () => {
  expect(valuesOf('Capability')).toEqual(Object.keys(publicCapabilities))
})

test('the paged fields are those that take a page size, and take a cursor too', () => {
  const paged = fields.filter(({ field }) => field.args.some((one) => one.name === 'first'))
  expect(new Set(paged.map(({ field }) => field.name))).toEqual(pagedFields)
  for (const { field } of paged) {
    // What somebody has to look at is a list of one page.
    if (field.name === 'quarantinedSnapshots') continue
    expect(field.args.map((one) => one.name)).toContain('after')
    expect(String(field.type)).toMatch(/Connection$/)
  }
})

test('no argument has a default: a cursor carries the page size', () => {
  const defaults = fields.flatMap(({ field }) => field.args.filter((one) => one.defaultValue !== undefined))
  expect(defaults).toEqual([])
})

test('what costs a provider call is nullable, so that a failure stays where it is', () => {
  const nullable = [
    ...Object.values(schema.getQueryType()?.getFields() ?? {}).filter((field) => field.name !== 'accounts'),
    ...fields
      .filter(
        ({ field }) =>
          /provider call(?! by itself)/i.test(field.description ?? '') &&
          !/No provider call/.test(field.description ?? ''),
      )
      .map(({ field }) => field),
  ]
  expect(nullable.length).toBeGreaterThan(12)
  expect(nullable.filter((field) => isNonNullType(field.type)).map((field) => field.name)).toEqual([])
  expect(String(schema.getQueryType()?.getFields()['accounts']?.type)).toBe('[Account!]!')
})

test('age and range of an answer are always there', () => {
  const always = [
    'fetchedAt',
    'stale',
    'missing',
    'failures',
    'samples',
    'sessions',
    'nodes',
    'observedAt',
    'from',
    'to',
  ]
  const named = fields.filter(({ field }) => always.includes(field.name))
  expect(named.filter(({ field }) => !isNonNullType(field.type))).toEqual([])
})

test('the generated types are those of the schema', async () => {
  const written = await readFile(new URL('../../src/graphql/generated.ts', import.meta.url), 'utf8')
  expect(await generateGraphqlTypes()).toBe(written)
})
