import { expect, test } from 'vitest'
import type { FileView } from '../../peer/index.ts'
import type { DownloadView } from '../downloads/downloads.ts'
import { sumOf, transfersOf } from './transfers.ts'

test('small files that are stored together are one line, and every other file is its own', () => {
  const pack = { id: 'pack', files: 3, bytes: 3_000_000 }
  const files = [storing('a', { pack }), storing('film'), storing('b', { pack }), storing('c', { pack })]
  const transfers = transfersOf(files, [])
  expect(transfers.map(({ name, fileId }) => [name, fileId])).toEqual([
    ['3 small files', 'a'],
    ['film', 'film'],
  ])
  expect(sumOf(transfers)).toBe('2\u00a0MB/s')
})

test('a file that is not under way is no transfer', () => {
  expect(transfersOf([{ ...storing('a'), progress: undefined } as unknown as FileView], [])).toEqual([])
})

function storing(id: string, rest: Partial<FileView> = {}): FileView {
  const progress = { kind: 'storing', doneBytes: 1_000_000, totalBytes: 3_000_000, bytesPerSecond: 1_000_000, isPaused: false }
  return { id, name: id, progress, ...rest } as FileView
}

test('a download says what holds it back, while it runs', () => {
  const download = {
    key: 'film',
    name: 'film',
    size: 10_000_000,
    doneBytes: 4_000_000,
    bytesPerSecond: 500_000,
    secondsLeft: 12,
    state: 'running',
    limit: 'line',
  } as const
  const saysOf = (view: DownloadView): string | undefined => transfersOf([], [view])[0]?.says
  expect(saysOf(download)).toMatch(/left\. Your connection is the limit$/)
  expect(saysOf({ ...download, limit: 'holders' })).toMatch(/left\. The people who keep it send slowly$/)
  expect(saysOf({ ...download, limit: undefined })).toMatch(/left$/)
  expect(saysOf({ ...download, state: 'paused' })).not.toContain('limit')
})
