// A window over the page. The browser's own: it keeps the focus, and ends with Escape.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n/translate.ts'
import { Icon } from './icon.tsx'
import './parts.css'

/** What a dialog shows. */
interface DialogProps {
  title: string
  isOpen: boolean
  /** It was closed, by whatever way. */
  onClose: () => void
  children: ComponentChildren
}

/** A dialog; its content is there only while it is open. */
export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (isOpen && element?.open === false) element.showModal()
    if (!isOpen && element?.open === true) element.close()
  }, [isOpen])

  // What lies beside it belongs to the dialog's own element, what is in it to others.
  function closeFromOutside(event: MouseEvent): void {
    if (event.target === dialog.current) dialog.current?.close()
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose} onClick={closeFromOutside}>
      {isOpen && (
        <>
          <div class="dialog-head">
            <h2 id={titleId}>{title}</h2>
            <button
              type="button"
              class="button button-quiet"
              aria-label={t('common.close')}
              onClick={() => dialog.current?.close()}
            >
              <Icon name="close" />
            </button>
          </div>
          <div class="dialog-body">{children}</div>
        </>
      )}
    </dialog>
  )
}
