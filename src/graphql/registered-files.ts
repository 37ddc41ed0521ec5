// The folder of registered operations, as files. What stands in them is text here; nothing of it is understood.
import type { Dirent, Stats } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { z } from 'zod'
import { MAX_REQUEST_BYTES } from './request.ts'

/** A document with the name it is asked for by. */
export interface RegisteredDocument {
  readonly id: string
  readonly text: string
  /** Name of its file inside the folder. */
  readonly file: string
}

/** Why a file, or a document of it, cannot be taken. */
export interface RegisteredProblem {
  readonly file: string
  /** Undefined where the file as a whole is meant. */
  readonly id?: string
  readonly problem: string
}

/** What a folder holds. */
export interface RegisteredFiles {
  readonly documents: readonly RegisteredDocument[]
  readonly problems: readonly RegisteredProblem[]
}

/** Largest file of many documents. */
const MAX_LIST_BYTES = 16 * 1024 * 1024

const documentsById = z.record(z.string(), z.string())
/** What the command-line tool of Apollo writes. */
const manifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
})

/**
 * Reads `<id>.graphql` and `.json` files of the folder; hidden files, other files and folders are left alone.
 * @throws Error of the file system when the folder itself cannot be read
 */
export async function readRegisteredFiles(directory: string): Promise<RegisteredFiles> {
  const root = await realpath(directory)
  const documents: RegisteredDocument[] = []
  const problems: RegisteredProblem[] = []
  for (const { name: file } of (await readdir(root, { withFileTypes: true })).filter(isOurs).sort(byName)) {
    const isList = file.endsWith('.json')
    const read = await readText(root, file, isList ? MAX_LIST_BYTES : MAX_REQUEST_BYTES)
    if (read.problem !== undefined) problems.push({ file, problem: read.problem })
    else if (!isList) documents.push({ file, id: file.slice(0, -'.graphql'.length), text: read.text })
    else {
      const listed = readList(read.text)
      if (listed) documents.push(...listed.map((one) => ({ ...one, file })))
      else
        problems.push({
          file,
          problem: 'is neither one JSON object, id to document, nor a manifest of Apollo (version 1)',
        })
    }
  }
  for (const { file, id, text } of documents)
    if (Buffer.byteLength(text) > MAX_REQUEST_BYTES)
      problems.push({ file, id, problem: `is larger than ${MAX_REQUEST_BYTES} bytes` })
  return { documents, problems }
}

function isOurs({ name }: Dirent): boolean {
  return !name.startsWith('.') && /\.(graphql|json)$/.test(name)
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1
}

type Text = { readonly text: string; readonly problem?: undefined } | { readonly problem: string }

async function readText(root: string, file: string, maxBytes: number): Promise<Text> {
  try {
    // Links are how folders are handed to a container. They may lead anywhere within the folder, and not out of it.
    const path = await realpath(join(root, file))
    if (!path.startsWith(root + sep)) return { problem: 'is a link that leads out of the folder' }
    const problem = findProblem(await stat(path), maxBytes)
    if (problem) return { problem }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) }
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'is not UTF-8' }
    return {
      problem: `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'})`,
    }
  }
}

function findProblem(found: Stats, maxBytes: number): string | undefined {
  if (!found.isFile()) return 'is not a file'
  return found.size > maxBytes ? `is larger than ${maxBytes} bytes` : undefined
}

function readList(text: string): readonly { readonly id: string; readonly text: string }[] | undefined {
  try {
    const content: unknown = JSON.parse(text)
    const listed = manifest.safeParse(content)
    if (listed.success) return listed.data.operations.map(({ id, body }) => ({ id, text: body }))
    return Object.entries(documentsById.parse(content)).map(([id, body]) => ({ id, text: body }))
  } catch {
    return undefined
  }
}
