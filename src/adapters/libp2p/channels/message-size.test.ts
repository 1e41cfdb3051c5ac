import { RTCDataChannel, RTCPeerConnection } from 'node-datachannel/polyfill'
import { afterEach, expect, test, vi } from 'vitest'
import { answerEcho, createTestSwarm, ECHO, reachable, readAll } from '../../../relay/swarm.rig.ts'

const swarm = createTestSwarm()
afterEach(async () => {
  vi.restoreAllMocks()
  await swarm.close()
})

test.each([262_144, 16_384])('a far side that takes messages of %i bytes gets none longer', async (most) => {
  const relay = await swarm.relay()
  const [a, b] = await Promise.all([swarm.peer([relay.address]), swarm.peer([relay.address])])
  answerEcho(b)
  await Promise.all([a, b].map(reachable))
  const { prototype } = RTCPeerConnection
  const described = prototype.setRemoteDescription
  vi.spyOn(prototype, 'setRemoteDescription').mockImplementation(function (this: RTCPeerConnection, { type, sdp = '' }) {
    return described.call(this, { type, sdp: sdp.replace(/max-message-size:\d+/, `max-message-size:${most}`) })
  })
  const sending = vi.spyOn(RTCDataChannel.prototype, 'send')

  const channel = await a.network.open(b.network.self, ECHO)
  const sent = crypto.getRandomValues(new Uint8Array(60_000))
  const piece = new Uint8Array(300_000).map((_, at) => sent[at % sent.length] ?? 0)
  const coming = readAll(channel)
  await channel.write(piece)
  await channel.close()
  expect(Buffer.compare(await coming, piece)).toBe(0)
  const lengths = sending.mock.calls.map(([data]) => (data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0))
  expect(Math.max(...lengths)).toBeLessThanOrEqual(most)
  expect(Math.max(...lengths)).toBeGreaterThan(most - 64)
})
