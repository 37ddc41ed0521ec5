// S1 to S3: documents that ask for more than anybody may.
import { tryDocuments } from './document-trial.ts'
import { deepDocuments, unfoldingDocuments, wideDocuments } from './large-documents.ts'
import type { Attack } from './target.ts'

/** S1: levels below each other. */
export function attackDepth(attack: Attack): Promise<void> {
  return tryDocuments(attack, deepDocuments, ['post', 'get', 'socket'])
}

/** S2: many of one thing. */
export function attackWidth(attack: Attack): Promise<void> {
  return tryDocuments(attack, wideDocuments, ['post', 'socket'])
}

/** S3: little that unfolds to much. */
export function attackUnfolding(attack: Attack): Promise<void> {
  return tryDocuments(attack, unfoldingDocuments, ['post', 'socket'])
}
