import { afterEach, describe, expect, it, vi } from 'vitest'
import { HoardError, codeOf } from '../../core/errors.ts'
import { coderContract } from '../../ports/coder.contract.ts'
import { createWorkerCoder, type WorkerCoder } from './worker-coder.ts'

coderContract('browser workers', async () => {
  const coder = createWorkerCoder({ workers: 2 })
  return { coder, close: async () => coder.close() }
})

describe('a pool of coder workers', () => {
  let coder: WorkerCoder | undefined
  afterEach(() => {
    coder?.close()
    vi.unstubAllGlobals()
  })

  it('fails the calls of a worker that was ended with worker-died, and replaces it', async () => {
    const made = recordWorkers()
    coder = createWorkerCoder({ workers: 1 })
    await coder.digestLeaves(new Uint8Array(10))
    const lost = coder.digestLeaves(new Uint8Array(8 << 20)).catch((error: unknown) => error)
    made[0]?.terminate()
    expect(codeOf(await lost)).toBe('worker-died')
    expect(await lost).toBeInstanceOf(HoardError)
    expect((await coder.digestLeaves(new Uint8Array(10))).digests.length).toBe(32)
    expect(made.length).toBe(2)
  })

  it('fails the calls of a worker that reports an error', async () => {
    const made = recordWorkers()
    coder = createWorkerCoder({ workers: 1 })
    const lost = coder.digestLeaves(new Uint8Array(8 << 20)).catch((error: unknown) => error)
    made[0]?.dispatchEvent(new ErrorEvent('error'))
    expect(codeOf(await lost)).toBe('worker-died')
  })

  it('fails with worker-died when the script is not there', async () => {
    coder = createWorkerCoder({ workers: 1, url: '/no-such-worker.js' })
    expect(codeOf(await coder.digestLeaves(new Uint8Array(1)).catch((error: unknown) => error))).toBe('worker-died')
  })

  it('gives a call to the least busy worker and starts no more than it needs', async () => {
    const made = recordWorkers()
    coder = createWorkerCoder({ workers: 3 })
    await coder.digestLeaves(new Uint8Array(1))
    await coder.digestLeaves(new Uint8Array(1))
    expect(made.length).toBe(1)
    const pool = coder
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => pool.digestLeaves(new Uint8Array(1 << 20))))
    expect(made.length).toBe(3)
  })

  it('moves whole buffers instead of cloning them, and leaves the owners of parts their own', async () => {
    coder = createWorkerCoder({ workers: 1 })
    const whole = new Uint8Array(1000)
    const larger = new Uint8Array(1000)
    await coder.digestLeaves(whole)
    await coder.digestLeaves(larger.subarray(10))
    expect(whole.length).toBe(0)
    expect(larger.length).toBe(1000)
  })

  it('carries code and facts of an error over the boundary', async () => {
    coder = createWorkerCoder({ workers: 1 })
    const error: unknown = await coder.decode({ k: 2, t: 3 }, [], 100).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(HoardError)
    expect(codeOf(error)).toBe('too-few-shards')
  })

  it('answers nothing after it was closed', async () => {
    coder = createWorkerCoder({ workers: 1 })
    const lost = coder.digestLeaves(new Uint8Array(8 << 20)).catch((error: unknown) => error)
    coder.close()
    expect(codeOf(await lost)).toBe('worker-died')
    expect(codeOf(await coder.digestLeaves(new Uint8Array(1)).catch((error: unknown) => error))).toBe('worker-died')
  })
})

/** Gives tests access to the workers that are made from now on. */
function recordWorkers(): Worker[] {
  const made: Worker[] = []
  const Original = Worker
  vi.stubGlobal(
    'Worker',
    class extends Original {
      constructor(...parameters: ConstructorParameters<typeof Worker>) {
        super(...parameters)
        made.push(this)
      }
    },
  )
  return made
}
