import { expect, test } from 'vitest'
import { prefetch, prefetchWorks, type Work } from './prefetch.ts'

test('yields in order, whatever is done first, with no more than the width begun', async () => {
  const ends = new Map<number, () => void>()
  const begun: number[] = []
  const made = prefetch(5, 2, async (at) => {
    begun.push(at)
    await new Promise<void>((resolve) => ends.set(at, resolve))
    return at * 10
  })
  const first = made.next()
  expect(begun).toEqual([0, 1])
  ends.get(1)?.()
  ends.get(0)?.()
  expect(await first).toEqual({ done: false, value: 0 })
  expect(begun).toEqual([0, 1])
  const second = made.next()
  expect(begun).toEqual([0, 1, 2])
  expect((await second).value).toBe(10)
  const rest = (async () => {
    const values: number[] = []
    for await (const value of made) values.push(value)
    return values
  })()
  for (const at of [2, 3, 4]) {
    while (!ends.has(at)) await Promise.resolve()
    ends.get(at)?.()
  }
  expect(await rest).toEqual([20, 30, 40])
})

test('an error comes at its turn and nothing is begun after it', async () => {
  const begun: number[] = []
  const made = prefetch(9, 2, async (at) => {
    begun.push(at)
    if (at === 1) throw new Error('one')
    return at
  })
  expect((await made.next()).value).toBe(0)
  await expect(made.next()).rejects.toThrow('one')
  expect(await made.next()).toEqual({ done: true, value: undefined })
  expect(begun).toEqual([0, 1, 2])
})

test('nothing is made of nothing', async () => {
  expect(await prefetch(0, 3, () => Promise.reject(new Error('asked'))).next()).toEqual({ done: true, value: undefined })
})

test('works are begun while they have less than the bytes ahead, two at least, and the next are looked for meanwhile', async () => {
  const begun: number[] = []
  let isFound = false
  let find = (): void => undefined
  async function* works(): AsyncGenerator<Work<number>> {
    for (let at = 0; at < 6; at++) {
      if (at === 4) await new Promise<void>((resolve) => (find = resolve))
      isFound = at >= 4
      yield {
        bytes: 10,
        begin: async () => {
          begun.push(at)
          return at
        },
      }
    }
  }
  const made = prefetchWorks(works(), 25)
  expect((await made.next()).value).toBe(0)
  for (const value of [1, 2, 3]) expect((await made.next()).value).toBe(value)
  // The fifth is not found yet, which held up none of those before it.
  expect(begun).toEqual([0, 1, 2, 3])
  expect(isFound).toBe(false)
  const fifth = made.next()
  find()
  expect((await fifth).value).toBe(4)
  expect((await made.next()).value).toBe(5)
  expect((await made.next()).done).toBe(true)
})

test('an error of a work, or of finding the next one, comes at its turn', async () => {
  async function* works(): AsyncGenerator<Work<string>> {
    yield { bytes: 1, begin: async () => 'first' }
    yield { bytes: 1, begin: () => Promise.reject(new Error('second')) }
    throw new Error('none found')
  }
  const made = prefetchWorks(works(), 100)
  expect((await made.next()).value).toBe('first')
  await expect(made.next()).rejects.toThrow('second')
  async function* lost(): AsyncGenerator<Work<string>> {
    yield { bytes: 1, begin: async () => 'first' }
    throw new Error('none found')
  }
  const found = prefetchWorks(lost(), 100)
  expect((await found.next()).value).toBe('first')
  await expect(found.next()).rejects.toThrow('none found')
})
