// Colours of the style sheet for what draws by itself.

/** A colour that charts are drawn with, named as in theme.css. */
export type ColourName =
  | '--surface'
  | '--border'
  | '--text'
  | '--text-muted'
  | '--accent'
  | '--good'
  | '--warn'
  | '--bad'
  | '--idle'
  | '--chart-1'
  | '--chart-2'
  | '--chart-3'
  | '--chart-4'
  | '--chart-grid'
  | '--chart-axis'
  | '--chart-cursor'
  | '--chart-missing'
  | '--chart-band'

/** The colour as it is now, in the words of a canvas: `rgb(…)`. */
export function readColour(name: ColourName): string {
  // A variable is read as it was written, for both themes at once; the colour of an element is what came of it.
  const probe = document.createElement('span')
  probe.hidden = true
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
