import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright'
import { root } from '../../setup/install.mjs'
import type { People } from '../wan/people.ts'

/** The channels of a page that is sent zeros. */
interface Listening {
  readonly links: RTCPeerConnection[]
  readonly channels: RTCDataChannel[]
}

/**
 * Returns the Mbit/s at which `page`, which is the reader's, gets `bytes` in all over bare data channels, one from each holder of `people`,
 * all at once, from the first word on. The lines are as they are tuned.
 * @throws Error when it takes longer than `mostMs`
 */
export async function bareRate({ box, holders, stun }: People, page: Page, bytes: number, mostMs: number): Promise<number> {
  const senders = holders.map((holder) =>
    box.run(holder, process.execPath, [join(root, 'e2e/wan/bare-sender.ts'), stun], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  try {
    const offers = await page.evaluate(offer, [senders.length, stun] as const)
    const answers = await Promise.all(
      senders.map(async ({ stdin, stdout }, at) => {
        if (stdin === null || stdout === null) throw new Error('a sender has no input or output')
        const answered = once(createInterface({ input: stdout }), 'line') as Promise<[string]>
        stdin.write(`${JSON.stringify(offers[at])}\n`)
        return JSON.parse((await answered)[0]) as RTCSessionDescriptionInit
      }),
    )
    const seconds = await page.evaluate(receive, [answers, bytes, mostMs] as const)
    return (bytes * 8) / 1e6 / seconds
  } finally {
    await page.evaluate(() => {
      for (const link of (globalThis as unknown as Listening).links) link.close()
    })
    for (const sender of senders) sender.kill()
  }
}

/** Runs in the page: makes a channel to each sender and returns the offers. */
async function offer([count, stun]: readonly [number, string]): Promise<readonly (RTCSessionDescriptionInit | undefined)[]> {
  const links = Array.from({ length: count }, () => new RTCPeerConnection({ iceServers: [{ urls: stun }] }))
  const channels = links.map((link) => link.createDataChannel('bare'))
  for (const channel of channels) channel.binaryType = 'arraybuffer'
  Object.assign(globalThis, { links, channels })
  return Promise.all(
    links.map(async (link) => {
      await link.setLocalDescription(await link.createOffer())
      while (link.iceGatheringState !== 'complete') {
        await new Promise((resolve) => link.addEventListener('icegatheringstatechange', resolve, { once: true }))
      }
      return link.localDescription?.toJSON() as RTCSessionDescriptionInit | undefined
    }),
  )
}

/** Runs in the page: returns the seconds from the first word to the senders until all bytes are here. */
async function receive([answers, bytes, mostMs]: readonly [readonly RTCSessionDescriptionInit[], number, number]): Promise<number> {
  const { links, channels } = globalThis as unknown as Listening
  await Promise.all(
    links.map(async (link, at) => {
      const answer = answers[at]
      if (answer !== undefined) await link.setRemoteDescription(answer)
    }),
  )
  const open = channels.map(async (channel) => {
    if (channel.readyState !== 'open') await new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }))
  })
  await Promise.all(open)
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    let come = 0
    setTimeout(() => reject(new Error(`${come} of ${bytes} bytes came in ${mostMs} ms`)), mostMs)
    for (const channel of channels) {
      channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        come += data.byteLength
        if (come >= bytes) resolve()
      })
      channel.send('go')
    }
  })
  return (performance.now() - began) / 1000
}
