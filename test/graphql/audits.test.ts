import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFace, type Face } from './harness.ts'

let face: Face
let url: string

beforeAll(async () => {
  face = await createFace()
  url = `${await face.app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})
afterAll(() => face.app.close())

const audits = serverAudits({ url: () => url, fetchFn: fetch })

test('all audits of GraphQL over HTTP are run', () => {
  expect(audits).toHaveLength(61)
})

test.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id $name', async ({ fn }) => {
  expect(await fn()).toMatchObject({ status: 'ok' })
})
