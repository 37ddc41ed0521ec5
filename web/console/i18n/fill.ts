// Values in texts.

/**
 * Puts values into a text: `{name}` is replaced, `{count|stream|streams}` chooses by what is said of one and of other
 * numbers in the language.
 *
 * @param tag of the language, as `Intl` has it
 */
export function fill(text: string, values: Readonly<Record<string, string | number>>, tag: string): string {
  return text.replaceAll(/\{(\w{1,40})(?:\|([^|{}]{0,80})\|([^|{}]{0,80}))?\}/g, (whole, name: string, one, other) => {
    const value = values[name]
    if (value === undefined) return whole
    if (one === undefined) return String(value)
    return new Intl.PluralRules(tag).select(Number(value)) === 'one' ? one : other
  })
}
