// Texts of the page in the language that was chosen.
import { language } from '../app/settings.ts'
import { en } from './en.ts'
import { fill } from './fill.ts'
import { zh } from './zh.ts'

/** Names a text. */
export type TextKey = keyof typeof en

const catalogues = { en, zh } as const
/** Languages as `Intl` has them. */
const tags = { en: 'en-GB', zh: 'zh-CN' } as const

/** The text of a key, with values in it. Whoever calls it while drawing is drawn anew when the language changes. */
export function t(key: TextKey, values?: Readonly<Record<string, string | number>>): string {
  const text: string = catalogues[language.value][key]
  return values === undefined ? text : fill(text, values, languageTag())
}

/** The language as `Intl` has it. */
export function languageTag(): string {
  return tags[language.value]
}
