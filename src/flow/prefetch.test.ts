import { expect, test } from 'vitest'
import { prefetch } from './prefetch.ts'

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
