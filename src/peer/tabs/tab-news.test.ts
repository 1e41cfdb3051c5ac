import { expect, test } from 'vitest'
import type { FileView } from '../api/file-view.ts'
import type { PeerSnapshot } from '../api/peer.ts'
import { createTabNews, withNews, type Seen } from './tab-news.ts'

const row = (id: string, size = 1) => ({ id, size }) as FileView
const showing = (files: readonly FileView[], people = 0) => ({ files, connection: { is: 'looking', people } }) as unknown as PeerSnapshot

test('of many rows only those that have changed are told, and who follows shows the same as who leads', () => {
  const many = Array.from({ length: 1_000 }, (_, at) => row(`f${at}`))
  const tabNews = createTabNews('leader', showing(many))
  let followed: Seen | undefined = structuredClone(tabNews.whole())
  const steps: readonly { readonly snapshot: PeerSnapshot; readonly rows: number; readonly isReordered: boolean }[] = [
    { snapshot: showing(many, 5), rows: 0, isReordered: false },
    { snapshot: showing(many.with(500, row('f500', 2))), rows: 1, isReordered: false },
    { snapshot: showing([row('new'), ...many]), rows: 2, isReordered: true },
    { snapshot: showing(many.slice(1)), rows: 0, isReordered: true },
    { snapshot: showing([]), rows: 0, isReordered: true },
  ]
  for (const { snapshot, rows, isReordered } of steps) {
    const news = structuredClone(tabNews.next(snapshot))
    expect(news.rows).toHaveLength(rows)
    expect(news.order !== undefined).toBe(isReordered)
    followed = withNews(followed, news)
    expect(followed).toEqual({ leader: 'leader', at: tabNews.whole().at, snapshot })
  }
})

test('news after something that was missed, or of another tab, show nothing: all is to be asked for', () => {
  const tabNews = createTabNews('leader', showing([row('a')]))
  const before = tabNews.whole()
  tabNews.next(showing([row('b')]))
  const late = tabNews.next(showing([row('c')]))
  expect(withNews(before, late)).toBeUndefined()
  expect(withNews(undefined, late)).toBeUndefined()
  expect(withNews({ ...tabNews.whole(), leader: 'another' }, late)).toBeUndefined()
  expect(withNews(before, { ...late, after: 0, order: ['nobody knows it'] })).toBeUndefined()
})
