// Small pictures, drawn in the colour of the text beside them. They mean nothing by themselves: whoever shows one names it.

const shapes = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l8 5-8 5Z',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  copy: 'M6 6h7v8H6ZM10 6V2H3v8h3',
  close: 'M4 4l8 8M12 4l-8 8',
  external: 'M9 3h4v4M13 3 7.5 8.5M7 4H3v9h9V9',
  'sort-up': 'M8 13V3M4 7l4-4 4 4',
  'sort-down': 'M8 3v10M4 9l4 4 4-4',
  chevron: 'M6 4l4 4-4 4',
} as const

/** Names a picture. */
export type IconName = keyof typeof shapes

/** One of them. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}
