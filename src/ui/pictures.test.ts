import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileView, PersonView } from '../peer/index.ts'
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
const outlook = { nowPercent: 93, dayPercent: 99, survivesPercent: 10, provenAt: 81 * hour }

describe('facts of a file', () => {
  it('[HTH6] [HTH7] [HTH8] say what may be expected in words, of the worst segment', () => {
    expect(factsOf(file, outlook, 100 * hour).map(({ term, strong, rest }) => [term, strong, rest])).toEqual([
      ['Now', 'Can be opened.', ' 8 pieces in reach, 2 needed.'],
      [
        'At other times',
        '9 times in 10',
        ' enough people are here at once, going by how often this device saw them. Newcomers count as here a third of the time.',
      ],
      ['Within a day', 'Almost always', ' enough pieces can be fetched within 24 hours.'],
      ['Margin', '6 pieces', ' may be lost: 8 are known, 2 are needed.'],
      ['Survives losing', '10 %', ' of all people at once. Up to there the chance of losing this file is below one in a million.'],
      ['Evidence', 'At most 19 h old.', ' Every piece that counts was read from its person and checked.'],
    ])
  })

  it('[HTH6] [HTH7] say nothing of what may be expected before it is known, and no figure beyond what was measured', () => {
    expect(factsOf(file, undefined, 100 * hour).map(({ term }) => term)).toEqual(['Now', 'Margin'])
    const said = (percent: number) => factsOf(file, { ...outlook, nowPercent: percent }, 100 * hour)[1]?.strong
    expect([100, 99, 98, 75, 50, 10, 9, 0].map(said)).toEqual([
      'Almost always',
      'Almost always',
      '9 times in 10',
      '3 times in 4',
      'Half of the time',
      'Now and then',
      'Hardly ever',
      'Hardly ever',
    ])
  })

  it('[HTH7] [HTH8] have words for the edges: no piece to spare, too few, nothing survived, checked just now', () => {
    const facts = (known: number) =>
      factsOf(
        { ...file, health: { ...file.health, known } },
        { nowPercent: 0, dayPercent: 0, survivesPercent: 0, provenAt: 100 * hour },
        100 * hour,
      )
    expect(
      facts(2)
        .map(({ strong, rest }) => `${strong}${rest}`)
        .slice(3),
    ).toEqual([
      'None. Each of the 2 known pieces is needed.',
      'Less than 1 % of all people at once. Up to there the chance of losing this file is below one in a million.',
      'Less than a minute old. Every piece that counts was read from its person and checked.',
    ])
    expect(facts(1)[3]?.rest).toBe(' 1 piece is known, 2 are needed.')
  })

  it('[HTH3] count people and who is here: half of twelve, not three quarters of eight', () => {
    expect(healthSentence(file)).toBe('12 people keep pieces, all of them here. Any 6 of them can bring this file back.')
  })

  it('[HTH3] count who is away: with six of eight gone nobody may leave', () => {
    const health = { ...file.health, here: 2, people: 8, peopleHere: 2, margin: 0 }
    expect(factsOf({ ...file, health }, outlook, 100 * hour)[0]?.rest).toBe(' 2 pieces in reach, 2 needed.')
    expect(healthSentence({ ...file, health })).toBe('8 people keep pieces, 2 of them here. Any 2 of those 2 can bring this file back.')
    expect(healthSentence({ ...file, health: { ...health, here: 1, peopleHere: 1, margin: -1 } })).toBe(
      '8 people keep pieces, 1 of them here. Together they cannot bring this file back.',
    )
  })

  it('[HTH5] say that they are checked while that is so', () => {
    const checking = { ...file, health: { ...file.health, isChecking: true } }
    expect(factsOf(checking, undefined, 100 * hour)[0]?.strong).toBe('Checking.')
    expect(healthSentence(checking)).toBe('12 people keep pieces. Checking who is here.')
  })

  it('never promise what only this device has', () => {
    const [now] = factsOf({ ...file, hasLocalCopy: true, health: { ...file.health, here: 0 } }, undefined, 100 * hour)
    expect(now?.rest).toBe(' A copy is on this device.')
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
