import { expect, test } from 'vitest'
import { HoardError } from '../core/errors.ts'
import { retryWorker } from './retry-worker.ts'

test('work whose worker died is done again', async () => {
  let turns = 0
  const made = await retryWorker(async () => {
    if (++turns < 3) throw new HoardError('worker-died')
    return 'made'
  })
  expect([made, turns]).toEqual(['made', 3])
})

test('bytes that end every worker end the work, and other errors are not tried again', async () => {
  for (const [code, expected] of [
    ['worker-died', 3],
    ['record-damaged', 1],
  ] as const) {
    let turns = 0
    const work = retryWorker(async () => {
      turns++
      throw new HoardError(code)
    })
    await expect(work).rejects.toMatchObject({ code })
    expect(turns).toBe(expected)
  }
})
