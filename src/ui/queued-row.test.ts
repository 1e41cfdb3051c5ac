import { expect, test } from 'vitest'
import type { DroppedFile } from '../peer/index.ts'
import { queuedRow, stillQueued } from './queued-row.ts'

const dropped = (name: string, bytes = 1, path = ''): DroppedFile => ({ name, blob: new Blob(['x'.repeat(bytes)]), path })

test('a file that the peer shows before it has taken the whole drop stands there once', () => {
  const queued = [dropped('b'), dropped('c'), dropped('c', 2), dropped('c', 1, 'folder')].map((file, at) => queuedRow(file, at, 0))
  const shown = { ...queuedRow(dropped('c'), 9, 5), id: 'f2' }
  expect(stillQueued(queued, [shown]).map(({ id }) => id)).toEqual(['queued 0', 'queued 2', 'queued 3'])
  expect(stillQueued(queued, [])).toEqual(queued)
})
