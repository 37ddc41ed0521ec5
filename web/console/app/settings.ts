// What somebody has chosen for himself, kept by his browser.
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'

/** A language of the page. */
export type Language = 'en' | 'zh'
/** Colours: those of the system, or always these. */
export type Theme = 'auto' | 'light' | 'dark'

const languageKey = 'weir:console:language'
const themeKey = 'weir:console:theme'

/** The language of all texts. */
export const language: Signal<Language> = signal('en')
/** The colours that were chosen. */
export const theme: Signal<Theme> = signal('auto')

const isSystemDark = signal(false)

/** The colours that are shown. What draws by itself draws anew when they change. */
export const shownTheme: ReadonlySignal<'light' | 'dark'> = computed(() => {
  if (theme.value !== 'auto') return theme.value
  return isSystemDark.value ? 'dark' : 'light'
})

/** Reads what was chosen earlier, and keeps what is chosen from now on. */
export function followSettings(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  isSystemDark.value = dark.matches
  dark.addEventListener('change', () => {
    isSystemDark.value = dark.matches
  })
  const kept = read(languageKey)
  language.value = kept === 'en' || kept === 'zh' ? kept : findLanguage(navigator.languages)
  const keptTheme = read(themeKey)
  if (keptTheme === 'light' || keptTheme === 'dark') theme.value = keptTheme
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
  })
  effect(() => {
    document.documentElement.dataset['theme'] = shownTheme.value
  })
}

/** Chooses a language. */
export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  keep(languageKey, chosen)
}

/** Chooses colours. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  keep(themeKey, chosen)
}

/** The first language of somebody's that the page has. */
export function findLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return 'zh'
    if (/^en\b/i.test(tag)) return 'en'
  }
  return 'en'
}

// Storage may be forbidden; a setting then lasts until the page is left.
function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // As above.
  }
}
