import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { circlesOf } from './circles.ts'
import { floors } from '../src/floors.ts'

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src')
const MOST_FILES = 16
const MOST_LINES = 300
/** Rooms of the peer; each of its files lies in one, and its top is one of them. */
const peerRooms = Object.keys(floors).filter((room) => room.startsWith('peer/'))

/** Every production module below src, without tests, suites and their helpers. */
const modules = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !/\.(test|contract|rig|bench)\.tsx?$|\.d\.ts$/.test(path))
    .map((path) => [path, importsOf(path)] as const),
)

/** Returns the room of a path: the longest name in the table with which it begins. */
function roomOf(path: string): string | undefined {
  return Object.keys(floors)
    .filter((room) => path.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0]
}

/** Returns the paths below src that a module imports, types included. */
function importsOf(path: string): readonly string[] {
  const text = readFileSync(join(src, path), 'utf8')
  const named = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, name = '']) => posix.join(posix.dirname(path), name))
  return named.filter((each) => /\.tsx?$/.test(each) && !each.startsWith('..'))
}

test('no import of a room of the peer leads to a room that is not below it, nor to the top of the peer', () => {
  const wrong: string[] = []
  for (const [path, imports] of modules) {
    const room = roomOf(path)
    if (room === undefined || !peerRooms.includes(room)) continue
    const sees = floors[room]?.sees ?? []
    for (const target of imports) {
      const other = roomOf(target)
      if (other !== undefined && other !== room && !sees.includes(other)) wrong.push(`${path} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('the rooms of the table make no circle, and neither do the modules', () => {
  expect(
    circlesOf(new Map(peerRooms.map((room) => [room, (floors[room]?.sees ?? []).filter((each) => peerRooms.includes(each))]))),
  ).toEqual([])
  expect(circlesOf(modules)).toEqual([])
})

test(`no folder of the peer has more than ${MOST_FILES} modules, and no module more than ${MOST_LINES} lines`, () => {
  const folders = [...modules.keys()].filter((path) => path.startsWith('peer/')).map((path) => posix.dirname(path))
  const full = [...new Set(folders)].filter((folder) => folders.filter((each) => each === folder).length > MOST_FILES)
  expect(full).toEqual([])
  const long = [...modules.keys()].filter((path) => readFileSync(join(src, path), 'utf8').split('\n').length - 1 > MOST_LINES)
  expect(long).toEqual([])
})

test('what a person reads stands in ui/words', () => {
  // Names of keys, and how the browser calls dragged files.
  const given = ['Enter', 'Delete', 'Escape', 'Home', 'End', 'Files']
  const statusWords = readFileSync(join(src, 'core/status.ts'), 'utf8')
  // One word with a capital, or several of which the first has one or is a value.
  const isSaid = (text: string) => /^(?:[A-Z][a-z’]+$|[A-Z][a-z’]*[:,.]? \S|# [a-z]{2})/.test(text.replaceAll(/\$\{[^}]*\}/g, '#'))
  const said = [...modules.keys()]
    .filter((path) => path.startsWith('ui/') && !path.startsWith('ui/words/'))
    .flatMap((path) => {
      const code = readFileSync(join(src, path), 'utf8').replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, '')
      const strings = [...code.matchAll(/'([^'\n]*)'|`([^`]*)`/g)].map(([, plain = '', template = '']) => plain || template)
      return strings
        .filter((each) => isSaid(each) && !given.includes(each) && !statusWords.includes(`'${each}'`))
        .map((each) => [path, each])
    })
  expect(said).toEqual([])
})

test('the picture in README.md is what the table says', () => {
  const text = readFileSync(join(src, 'README.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `(peer\/\w+)` +\|[^|]*\| ([a-z ]+?) *\|$/gm)].map(([, room, sees = '']) => [
    room,
    sees === 'nothing' ? [] : sees.split(' ').map((each) => `peer/${each}`),
  ])
  const inPeer = (room: string) => (floors[room]?.sees ?? []).filter((each) => each.startsWith('peer/'))
  expect(rows).toEqual(peerRooms.map((room) => [room, inPeer(room)]))
  const named = new Set([...text.matchAll(/^\| ((?:`[a-z/0-9]+` ?)+) +\|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z/0-9]+/g) ?? []))
  expect(Object.keys(floors).filter((room) => room !== 'peer' && !named.has(room))).toEqual([])
})
