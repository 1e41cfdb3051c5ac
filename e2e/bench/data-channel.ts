import type { Page } from 'playwright'

const MIB = 1024 * 1024

/** Returns MB/s (10^6 bytes) of one bare RTCDataChannel from `from` to `to`, over `mebibytes` of zeros. */
export async function rawChannelRate(from: Page, to: Page, mebibytes: number): Promise<number> {
  const offer = await from.evaluate(async () => {
    const link = new RTCPeerConnection()
    const channel = link.createDataChannel('raw')
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = 1024 * 1024
    Object.assign(globalThis, { link, channel })
    await link.setLocalDescription(await link.createOffer())
    await new Promise<void>((resolve) => {
      if (link.iceGatheringState === 'complete') resolve()
      link.addEventListener('icegatheringstatechange', () => link.iceGatheringState === 'complete' && resolve())
    })
    return link.localDescription?.toJSON()
  })
  const answer = await to.evaluate(
    async ([remote, total]) => {
      const link = new RTCPeerConnection()
      const done = new Promise<number>((resolve) => {
        link.addEventListener('datachannel', ({ channel }) => {
          channel.binaryType = 'arraybuffer'
          let received = 0
          let began = 0
          channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
            if (received === 0) began = performance.now()
            received += data.byteLength
            if (received >= total) resolve((received / 1e6 / (performance.now() - began)) * 1000)
          })
        })
      })
      Object.assign(globalThis, { link, done })
      await link.setRemoteDescription(remote)
      await link.setLocalDescription(await link.createAnswer())
      await new Promise<void>((resolve) => {
        if (link.iceGatheringState === 'complete') resolve()
        link.addEventListener('icegatheringstatechange', () => link.iceGatheringState === 'complete' && resolve())
      })
      return link.localDescription?.toJSON()
    },
    [offer as RTCSessionDescriptionInit, mebibytes * MIB] as const,
  )
  await from.evaluate(
    async ([remote, total]) => {
      const { link, channel } = globalThis as unknown as { link: RTCPeerConnection; channel: RTCDataChannel }
      await link.setRemoteDescription(remote)
      if (channel.readyState !== 'open') await new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }))
      const message = new ArrayBuffer(256 * 1024)
      for (let sent = 0; sent < total; sent += message.byteLength) {
        if (channel.bufferedAmount > 8 * 1024 * 1024) {
          await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }))
        }
        channel.send(message)
      }
    },
    [answer as RTCSessionDescriptionInit, mebibytes * MIB] as const,
  )
  const rate = await to.evaluate(() => (globalThis as unknown as { done: Promise<number> }).done)
  for (const page of [from, to]) await page.evaluate(() => (globalThis as unknown as { link: RTCPeerConnection }).link.close())
  return rate
}
