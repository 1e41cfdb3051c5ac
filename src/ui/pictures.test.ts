import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileView, HolderView, PersonView } from '../peer/index.ts'
import { folderOf, filesOfPicker } from './dropped.ts'
import { factsOf, healthSentence } from './words/fact-words.ts'
import { kindOf } from './files/kind.ts'
import { sumOf, transfersOf } from './transfers/transfers.ts'
import { dialArc, mostSteps } from './give/dial.ts'
import { clearingOf } from './people/people-map.ts'
import { sayRow } from './words/row-words.ts'

const file = {
  id: 'f1',
  name: 'letters.pdf',
  status: 'Protected',
  meter: { value: 8, max: 8, needed: 2, pieces: [] },
  health: { here: 8, lately: 8, known: 8, people: 12, peopleHere: 12, margin: 6, knownMargin: 6, needed: 2, wanted: 6, isChecking: false },
  hasLocalCopy: false,
} as unknown as FileView
const hour = 3_600_000
const keeper = (piece: number, hoursAgo: number) =>
  ({
    segment: 0,
    piece,
    isConnected: false,
    seenAt: 100 * hour - hoursAgo * hour,
    name: 'Ada',
    peer: `p${piece}`,
    isDirect: true,
  }) as unknown as HolderView

describe('facts of a file', () => {
  it('[HTH3] are of people and of who is here, worst segment first: half of twelve, not three quarters of eight', () => {
    const facts = factsOf(file, [], 100 * hour)
    expect(facts.map(({ term, strong }) => [term, strong])).toEqual([
      ['Now', 'Can be opened.'],
      ['Within a day', '8 of 8'],
      ['Margin', '6 people'],
      ['Survives losing', '50 %'],
    ])
    expect(healthSentence(file)).toBe('12 people keep pieces, all of them here. Any 6 of them can bring this file back.')
  })

  it('[HTH3] count who is away: with six of eight gone nobody may leave', () => {
    const health = { ...file.health, here: 2, people: 8, peopleHere: 2, margin: 0 }
    const facts = factsOf({ ...file, health }, [], 100 * hour)
    expect(facts.map(({ term, strong, rest }) => [term, strong, rest])).toEqual([
      ['Now', 'Can be opened.', ' 2 pieces in reach, 2 needed.'],
      ['Within a day', '8 of 8', ' pieces were in reach in the last 24 hours.'],
      ['Margin', 'Nobody', ' of those here may leave. 6 if everybody were here.'],
      ['Survives losing', '0 %', ' of the 2 people here at the same moment.'],
    ])
    expect(healthSentence({ ...file, health })).toBe('8 people keep pieces, 2 of them here. Any 2 of those 2 can bring this file back.')
    expect(healthSentence({ ...file, health: { ...health, here: 1, peopleHere: 1, margin: -1 } })).toBe(
      '8 people keep pieces, 1 of them here. Together they cannot bring this file back.',
    )
  })

  it('[HTH5] say that they are checked while that is so', () => {
    const checking = { ...file, health: { ...file.health, isChecking: true } }
    expect(factsOf(checking, [], 100 * hour)[0]?.strong).toBe('Checking.')
    expect(healthSentence(checking)).toBe('12 people keep pieces. Checking who is here.')
  })

  it('never promise what only this device has', () => {
    const [now] = factsOf({ ...file, hasLocalCopy: true, health: { ...file.health, here: 0 } }, [], 100 * hour)
    expect(now?.rest).toBe(' A copy is on this device.')
  })

  it('say how old the evidence is at best and at worst', () => {
    const facts = factsOf(file, [keeper(0, 1), keeper(1, 19)], 100 * hour)
    expect(facts.at(-1)).toEqual({ term: 'Evidence', strong: '1 h old at best,', rest: ' 19 h at worst. Every counted piece was checked.' })
  })
})

describe('transfers', () => {
  const storing = {
    ...file,
    progress: { kind: 'storing', doneBytes: 1.5e9, totalBytes: 2.4e9, bytesPerSecond: 3.1e6, secondsLeft: 300, isPaused: false },
  } as FileView
  it('join what is stored and what is fetched, and leave out what was cancelled', () => {
    const download = { key: 'd', name: 'b', size: 10, doneBytes: 5, bytesPerSecond: 0, secondsLeft: undefined }
    const transfers = transfersOf(
      [storing, file],
      [
        { ...download, state: 'running' },
        { ...download, key: 'e', state: 'cancelled' },
      ],
    )
    expect(transfers.map(({ verb, says }) => [verb, says])).toEqual([
      ['Storing', 'Storing, 1.5 of 2.4 GB, 3.1\u00a0MB/s, 5 min left'],
      ['Fetching', 'Fetching, 5 bytes of 10 bytes'],
    ])
    expect(sumOf(transfers)).toBe('3.1\u00a0MB/s, 5 min left')
  })

  it('say Paused when all of them are', () => {
    const explanation = { is: 'none' } as const
    const paused = { ...storing, isPaused: true, explanation, progress: { ...storing.progress!, isPaused: true } }
    const transfers = transfersOf([paused], [])
    expect(sumOf(transfers)).toBe('Paused')
    // The row and the tray say the same.
    expect(transfers[0]?.says).toBe(sayRow(paused))
  })
})

describe('the dial', () => {
  it('draws nothing for nothing and ends where it should', () => {
    expect([dialArc(0), dialArc(-1)]).toEqual(['', ''])
    expect(dialArc(1)).toBe('M63.7 236.3A122 122 0 1 1 236.3 236.3')
    expect(dialArc(7)).toBe(dialArc(1))
  })

  it('has room for what is offered already', () => {
    expect([0, 20e9, 51e9, 320e9].map(mostSteps)).toEqual([50, 50, 100, 350])
  })
})

describe('the picture of people', () => {
  const people = fc.array(
    fc.record({
      peer: fc.string(),
      latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      keepsForMe: fc.nat(),
      name: fc.constant('Ada'),
      isDirect: fc.boolean(),
    }),
    { maxLength: 80 },
  )
  it('keeps everybody inside, whatever they claim', () => {
    fc.assert(
      fc.property(people, (list) => {
        const { spots, width, height } = clearingOf(list as unknown as PersonView[], 320, 380)
        return spots.every(({ x, y, radius }) => x - radius >= 0 && x + radius <= width && y - radius >= 0 && y + radius <= height)
      }),
    )
  })
})

describe('dropped files', () => {
  it('keep their folders', () => {
    expect(['a/b/c.txt', 'c.txt', ''].map(folderOf)).toEqual(['a/b', '', ''])
    const picked = Object.assign(new File(['x'], 'c.txt'), { webkitRelativePath: 'a/b/c.txt' })
    expect(filesOfPicker([picked]).map(({ name, path, blob }) => [name, path, blob.size])).toEqual([['c.txt', 'a/b', 1]])
  })

  it('get a picture by their kind', () => {
    const kinds = [kindOf('video/mp4', 'x'), kindOf('', 'A.FLAC'), kindOf('', 'x.tar.gz'), kindOf('', 'letters'), kindOf('', 'a.pdf')]
    expect(kinds).toEqual(['film', 'sound', 'archive', 'file', 'text'])
  })
})
