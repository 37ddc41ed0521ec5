// A table that may be wider than its place.
import type { ComponentChildren } from 'preact'

/** A place that scrolls sideways, by the keyboard too. @param label of the table in it */
export function TableScroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // What can be scrolled can be reached by the keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: for that
    <section class="table-scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
