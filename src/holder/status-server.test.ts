import { get } from 'node:http'
import { expect, test } from 'vitest'
import { createWorld } from '../sim/world.ts'
import { serveStatus } from './status-server.ts'

test('/status answers whoever names this machine, and no page whose name was pointed at it', async () => {
  const { peer } = await createWorld().start('holder')
  const { url, close } = await serveStatus(peer, 0)
  const { port } = new URL(url)
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `evil.example:${port}`, '127.0.0.1.evil.example']
  const answers = []
  for (const host of hosts) answers.push(await ask(url, host))
  close()
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 403])
  expect(answers.map(({ text }) => text.includes(peer.snapshot().self.peerId))).toEqual([true, true, false, false])
})

test('/status counts lines, and what a guardian did', async () => {
  const world = createWorld()
  const { peer } = await world.start('holder')
  await world.start('other')
  await world.until(() => peer.snapshot().connection.people === 1)
  const { url, close } = await serveStatus(peer, 0)
  const { text } = await ask(url, new URL(url).host)
  close()
  expect(JSON.parse(text)).toMatchObject({ connections: 1, lines: 1, repair: { placed: 0, fetchedBytes: 0, sentBytes: 0 } })
})

function ask(url: string, host: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (answer) => {
      let text = ''
      answer.on('data', (bytes) => (text += String(bytes)))
      answer.once('end', () => resolve({ status: answer.statusCode, text }))
    }).once('error', reject)
  })
}
