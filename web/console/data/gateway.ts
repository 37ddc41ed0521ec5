// How the page stands with its gateway: by which key, and whether it answers.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'

// The same name as GraphiQL's: a key that was typed in there is known here. Session storage ends with the browser tab.
const storageKey = 'weir:api-key'

/** The API key in use; empty for none. */
export const apiKey: Signal<string> = signal(loadApiKey())

// The key itself and not a flag: a late answer to the key before must not speak about the one now in use.
const refusedKey = signal<string>()
const reached = signal(true)
const reachedAtMs = signal<number>()

/** Whether the gateway wants another key than the one in use. */
export const isKeyRefused: ReadonlySignal<boolean> = computed(() => refusedKey.value === apiKey.value)
/** Whether the last question arrived. */
export const isReached: ReadonlySignal<boolean> = reached
/** When a question arrived last, in milliseconds since the epoch. */
export const lastReachedAtMs: ReadonlySignal<number | undefined> = reachedAtMs

/** Uses a key until the browser session ends; an empty text forgets it. */
export function changeApiKey(key: string): void {
  try {
    if (key === '') sessionStorage.removeItem(storageKey)
    else sessionStorage.setItem(storageKey, key)
  } catch {
    // Storage may be forbidden; the key is then forgotten with the page.
  }
  refusedKey.value = undefined
  apiKey.value = key
}

/** Asks the gateway. @throws what fetch throws, also when it was not reached */
export async function fetchFromGateway(path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const key = apiKey.value
  const headers = new Headers(init.headers)
  // Without a key no header: an open gateway is not shown an empty one.
  if (key !== '') headers.set('authorization', `Bearer ${key}`)
  try {
    const response = await fetch(path, { ...init, headers, signal, cache: 'no-store', credentials: 'omit' })
    reached.value = true
    reachedAtMs.value = Date.now()
    if (response.status === 401) refusedKey.value = key
    return response
  } catch (error) {
    // Who leaves a page ends its questions himself.
    if (!signal.aborted || isTimeout(signal.reason)) reached.value = false
    throw error
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

function loadApiKey(): string {
  try {
    return sessionStorage.getItem(storageKey) ?? ''
  } catch {
    return ''
  }
}
