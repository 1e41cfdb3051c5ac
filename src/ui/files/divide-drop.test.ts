import { expect, test } from 'vitest'
import type { DroppedFile, FileView } from '../../peer/index.ts'
import { divideDrop } from './divide-drop.ts'

const there = { name: 'a.txt', folder: '', size: 1, modifiedAt: 7, status: 'Strong', explanation: { is: 'none' } } as FileView

function fileOf(bytes: string, at: number, { name = 'a.txt', path = '' } = {}): DroppedFile {
  return { name, path, blob: new File([bytes], name, { lastModified: at }) }
}

test('what has the name, size and time of a file that is there is skipped with a word; what differs in size or time is asked about', () => {
  const [same, longer, later] = [fileOf('1', 7), fileOf('12', 7), fileOf('1', 8)]
  const { fresh, doubles, same: skipped } = divideDrop([same, longer, later], [there])
  expect([fresh, doubles]).toEqual([[], [longer, later]])
  expect(skipped).toEqual({ what: '1 file skipped', more: 'It is here already, unchanged.' })
})

test('a file without a time is asked about, and one of another name or folder goes in', () => {
  const timeless = { name: 'a.txt', path: '', blob: new Blob(['1']) }
  const others = [fileOf('1', 7, { name: 'b.txt' }), fileOf('1', 7, { path: 'b' })]
  expect(divideDrop([timeless, ...others], [there])).toEqual({ fresh: others, doubles: [timeless], same: undefined })
})

test('[FNM3] a name that is encoded in another way is the same name', () => {
  const { doubles } = divideDrop([fileOf('12', 7, { name: 'e\u0301.txt' })], [{ ...there, name: '\u00e9.txt' }])
  expect(doubles).toHaveLength(1)
})

test('a file that has to be dropped again, is in trouble or cannot be rebuilt has no doubles', () => {
  const again = { is: 'drop-again', percent: 5 } as const
  const trouble = { is: 'trouble', trouble: { code: 'storage-full', facts: {} } } as const
  for (const file of [
    { ...there, explanation: again },
    { ...there, explanation: trouble },
    { ...there, status: 'Cannot be rebuilt' } as const,
  ])
    expect(divideDrop([fileOf('1', 7)], [file]).fresh).toHaveLength(1)
})
