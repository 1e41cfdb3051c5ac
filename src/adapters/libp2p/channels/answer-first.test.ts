import { expect, test, vi } from 'vitest'
import { answerFirst } from './answer-first.ts'

/** Makes a connection of its own class (a class is mended once), and the log of its calls and events, in order. */
function connect({ refuses = false } = {}) {
  const log: string[] = []
  class Connection extends EventTarget {
    async createOffer(): Promise<void> {
      log.push('offer')
    }
    async setRemoteDescription({ type }: RTCSessionDescriptionInit): Promise<void> {
      // An event that node-datachannel finds while it works on the answer must wait as well.
      this.find('during')
      log.push(type)
    }
    async addIceCandidate(_candidate: RTCIceCandidateInit): Promise<void> {
      log.push('far candidate')
      if (refuses) throw new Error('refused')
    }
    find(name: string): void {
      this.dispatchEvent(new MessageEvent('icecandidate', { data: name }))
    }
  }
  answerFirst(Connection)
  answerFirst(Connection)
  const connection = new Connection()
  connection.addEventListener('icecandidate', (event) => log.push(event instanceof MessageEvent ? String(event.data) : 'lost'))
  return { connection, log }
}

test('a dialler tells its candidates after the answer and the first far one, in order, and later ones at once', async () => {
  const { connection, log } = connect()
  await connection.createOffer()
  connection.find('first')
  connection.find('second')
  await connection.setRemoteDescription({ type: 'answer', sdp: '' })
  await connection.addIceCandidate({})
  connection.find('third')
  expect(log).toEqual(['offer', 'answer', 'far candidate', 'first', 'second', 'during', 'third'])
})

test('a far side that names no candidate is told ours all the same', async () => {
  vi.useFakeTimers()
  try {
    const { connection, log } = connect()
    await connection.createOffer()
    connection.find('first')
    await connection.setRemoteDescription({ type: 'answer', sdp: '' })
    vi.runAllTimers()
    expect(log).toEqual(['offer', 'answer', 'first', 'during'])
  } finally {
    vi.useRealTimers()
  }
})

test('a far candidate that is refused holds nothing back', async () => {
  const { connection, log } = connect({ refuses: true })
  await connection.createOffer()
  connection.find('first')
  await connection.setRemoteDescription({ type: 'answer', sdp: '' })
  await expect(connection.addIceCandidate({})).rejects.toThrow('refused')
  expect(log).toEqual(['offer', 'answer', 'far candidate', 'first', 'during'])
})

test('the side that answers tells its candidates at once', async () => {
  const { connection, log } = connect()
  await connection.setRemoteDescription({ type: 'offer', sdp: '' })
  connection.find('first')
  expect(log).toEqual(['during', 'offer', 'first'])
})

test('events of other kinds pass', async () => {
  const { connection } = connect()
  await connection.createOffer()
  const heard = vi.fn()
  connection.addEventListener('connectionstatechange', heard)
  connection.dispatchEvent(new Event('connectionstatechange'))
  expect(heard).toHaveBeenCalledTimes(1)
})
