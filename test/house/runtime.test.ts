import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRuntimeProblems } from '../../scripts/checks/runtime.ts'

const project = join(import.meta.dirname, '..', '..')

test('the tests run on the Node that package.json, .node-version and the Dockerfile name', async () => {
  expect(await findRuntimeProblems(project, process.version)).toEqual([])
})

test('another Node is noticed', async () => {
  expect(await findRuntimeProblems(project, 'v20.0.0')).toEqual([
    expect.stringMatching(/^this is Node v20\.0\.0, pinned is v\d/),
  ])
})
