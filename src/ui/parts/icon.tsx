import type { StatusWord } from '../../peer/index.ts'

const shapes = {
  files: <path d="M3.5 6.5a2 2 0 0 1 2-2h3l2 2.2h4a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2z" />,
  give: <path d="M10 16.5s-6-3.4-6-8A3.3 3.3 0 0 1 10 6.6a3.3 3.3 0 0 1 6 1.9c0 4.6-6 8-6 8z" />,
  people: (
    <>
      <circle cx="7.2" cy="7" r="2.7" />
      <path d="M2.5 16c.3-3 2.2-4.6 4.7-4.6S11.6 13 11.9 16" />
      <circle cx="14" cy="8" r="2.1" />
      <path d="M14.2 12.1c1.9.1 3.1 1.3 3.4 3.3" />
    </>
  ),
  you: (
    <>
      <circle cx="6.5" cy="13.5" r="3" />
      <path d="M8.7 11.3 16 4m-2.8 2.8L15.5 9" />
    </>
  ),
  search: (
    <>
      <circle cx="9" cy="9" r="4.8" />
      <path d="m12.7 12.7 3.6 3.6" />
    </>
  ),
  add: <path d="M10 4.5v11M4.5 10h11" />,
  more: <path d="M5 10h.01M10 10h.01M15 10h.01" strokeWidth="2.6" />,
  download: <path d="M10 4v8.5M6.5 9.3 10 12.7l3.5-3.4M4.5 16h11" />,
  share: <path d="M10 12.5V4M6.5 7.2 10 3.8l3.5 3.4M5 10.5v4a1.5 1.5 0 0 0 1.5 1.5h7a1.5 1.5 0 0 0 1.5-1.5v-4" />,
  bin: <path d="M4.5 6h11M8 6V4.5h4V6M6 6l.7 10h6.6L14 6" />,
  check: <path d="m5.5 10.5 3 3 6-6.8" strokeWidth="2" />,
  rename: <path d="M4.5 15.5v-2.8l8-8 2.8 2.8-8 8zM11 6.2 13.8 9" />,
  move: <path d="M3.5 9V6.5a2 2 0 0 1 2-2h3l2 2.2h4a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-4M3.5 12.7H9m-2.3-2.4L9 12.7l-2.3 2.4" />,
  folder: <path d="M3.5 6.5a2 2 0 0 1 2-2h3l2 2.2h4a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2zM10 9v4.4M7.8 11.2h4.4" />,
  select: (
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="m7 10.2 2.1 2.1L13.1 8" />
    </>
  ),
  sort: <path d="M6.5 4.5v11M3.8 12.8l2.7 2.7 2.7-2.7M11.5 6h5M11.5 10h3.8M11.5 14h2.4" />,
  close: <path d="m5.5 5.5 9 9m0-9-9 9" />,
  chevron: <path d="m6 12 4-4 4 4" />,
  pause: <path d="M7.5 5.5v9m5-9v9" strokeWidth="2" />,
  resume: <path d="M7 5.2v9.6l7.6-4.8z" />,
  again: <path d="M16.3 7.2A6.8 6.8 0 1 0 16.8 10M16.5 3.8v3.6h-3.6" />,
  lock: (
    <>
      <rect x="4.5" y="9" width="11" height="7.5" rx="2" />
      <path d="M7 9V7a3 3 0 0 1 6 0v2" />
    </>
  ),
  copy: (
    <>
      <rect x="7" y="7" width="9" height="9" rx="2" />
      <path d="M13 7V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v5a2 2 0 0 0 2 2h1" />
    </>
  ),
  print: (
    <>
      <path d="M6 8V4h8v4M6 14H4.5v-6h11v6H14" />
      <path d="M6.5 12h7v4.5h-7z" />
    </>
  ),
  film: (
    <>
      <rect x="3.5" y="5" width="13" height="10" rx="2" />
      <path d="m8.7 8 3.3 2-3.3 2z" />
    </>
  ),
  archive: (
    <>
      <path d="M4 7.5 10 4l6 3.5v6L10 17l-6-3.5z" />
      <path d="m4 7.5 6 3.4 6-3.4M10 11v6" />
    </>
  ),
  text: (
    <>
      <path d="M6 3.5h5.5l3 3v10H6z" />
      <path d="M8.2 9.5h4M8.2 12.5h4" />
    </>
  ),
  sound: <path d="M4 9v2.5M7 6.5v7.5M10 4.5v11M13 7.5v5.5M16 9v2.5" />,
  picture: (
    <>
      <rect x="3.5" y="4.5" width="13" height="11" rx="2" />
      <path d="m4 13.5 3.7-3.3 3 2.6 2-1.7 3.3 2.8" />
      <circle cx="12.8" cy="8" r="1" />
    </>
  ),
  file: <path d="M6 3.5h5.5l3 3v10H6zM11.5 3.5v3h3" />,
  note: (
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="M10 9.2v4M10 6.6h.01" strokeWidth="1.9" />
    </>
  ),
} as const

/** Name of an icon on a button or beside a line. */
export type IconName = keyof typeof shapes

/** Draws an icon hidden from screen readers, which read the words beside it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      {shapes[name]}
    </svg>
  )
}

const circle = <circle cx="10" cy="10" r="6.8" />

/** The icon beside each status word; all are variants of one circle. */
const stateShapes: Record<StatusWord, { readonly is: string; readonly shape: React.ReactNode }> = {
  'On this device only': {
    is: 'here',
    shape: (
      <>
        {circle}
        <circle className="solid" cx="10" cy="10" r="1.7" />
      </>
    ),
  },
  Storing: {
    is: 'storing',
    shape: (
      <>
        {circle}
        <path d="M10 13.2V7.2M7.5 9.5 10 7l2.5 2.5" />
      </>
    ),
  },
  Fragile: {
    is: 'fragile',
    shape: (
      <>
        {circle}
        <path className="solid" d="M10 3.2a6.8 6.8 0 0 0 0 13.6z" />
      </>
    ),
  },
  Protected: {
    is: 'protected',
    shape: (
      <>
        {circle}
        <path d="m7 10.2 2.1 2.1L13.1 8" />
      </>
    ),
  },
  Strong: {
    is: 'strong',
    shape: (
      <>
        <circle className="solid" cx="10" cy="10" r="7.6" />
        <path className="cut" d="m7 10.2 2.1 2.1L13.1 8" strokeWidth="1.9" />
      </>
    ),
  },
  Restoring: { is: 'restoring', shape: shapes.again },
  'Waiting for people': {
    is: 'waiting',
    shape: (
      <>
        {circle}
        <path d="M10 6.3V10l2.5 1.6" />
      </>
    ),
  },
  'Cannot be rebuilt': {
    is: 'lost',
    shape: (
      <>
        {circle}
        <path d="m7.7 7.7 4.6 4.6m0-4.6-4.6 4.6" />
      </>
    ),
  },
}

/** Shows a status word in an element of its own, and its explanation in another. */
export function State({ word, explanation = '' }: { readonly word: StatusWord; readonly explanation?: string }) {
  const { is, shape } = stateShapes[word]
  return (
    <div className="state" data-is={is}>
      <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
        {shape}
      </svg>
      <div>
        <b>{word}</b>
        {explanation !== '' && <small>{explanation}</small>}
      </div>
    </div>
  )
}
