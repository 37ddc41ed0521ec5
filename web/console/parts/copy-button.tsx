// Copies a text.
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/translate.ts'
import { Icon } from './icon.tsx'

const TOLD_MS = 2_000

/** A button that copies, and says that it has. @param label names what is copied, to those who do not see it */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [told, setTold] = useState<'copied' | 'failed'>()
  useEffect(() => {
    if (told === undefined) return
    const timer = setTimeout(() => setTold(undefined), TOLD_MS)
    return () => clearTimeout(timer)
  }, [told])

  function copy(): void {
    // Browsers allow it on pages that came by TLS or from this machine.
    const clipboard: Clipboard | undefined = navigator.clipboard
    const done = clipboard === undefined ? Promise.reject(new Error('no clipboard')) : clipboard.writeText(text)
    done.then(
      () => setTold('copied'),
      () => setTold('failed'),
    )
  }

  const shown = t(told === 'copied' ? 'common.copied' : 'common.copy')
  return (
    <>
      <button type="button" class="button" aria-label={`${shown}: ${label}`} onClick={copy}>
        <Icon name="copy" />
        {shown}
      </button>
      <span role="status" class={told === 'failed' ? 'small tone-bad' : 'visually-hidden'}>
        {told === 'copied' && t('common.copied')}
        {told === 'failed' && t('common.copyFailed')}
      </span>
    </>
  )
}
