// Session storage ends with the browser tab; local storage, where GraphiQL keeps its own state, would outlive it.
const storageKey = 'weir:api-key'

/** The API key typed in earlier in this browser session, or an empty string. */
export function loadApiKey(): string {
  return sessionStorage.getItem(storageKey) ?? ''
}

/** Keeps the API key until the browser session ends; an empty string forgets it. */
export function saveApiKey(apiKey: string): void {
  if (apiKey === '') sessionStorage.removeItem(storageKey)
  else sessionStorage.setItem(storageKey, apiKey)
}

/** The headers that carry the API key; none without a key, so that an open server is not shown an empty one. */
export function toAuthorization(apiKey: string): Record<string, string> {
  return apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` }
}
