import { afterEach, beforeEach, expect, test } from 'vitest'
import { addFile, downloadFromLink, lendSpace, MINUTE, rowOf, shareLink, waitForMeter, waitForPeople, waitForStatus } from './app.ts'
import { openScene, type Scene } from './scene.ts'
import { readMetric } from './swarm.ts'

const MIB = 1024 * 1024
const KIB = 1024
let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

test(
  'browsers alone keep a file, two of them leave for good, and no piece crosses the relay',
  async () => {
    const swarm = await scene.swarm({ peers: 0 })
    const file = await scene.randomFile('between us.bin', 32 * MIB)
    const profiles = []
    for (const name of ['owner', 'a', 'b', 'c', 'd', 'e']) {
      const browser = await scene.browser(name, `${swarm.url}/files/`)
      await lendSpace(browser.page)
      profiles.push(browser)
    }
    const [owner, leaver] = profiles
    if (owner === undefined || leaver === undefined) throw new Error('no profiles')
    await owner.page.getByRole('link', { name: 'Files', exact: true }).first().click()
    await waitForPeople(owner.page, 5)

    const [socketBytes, circuitBytes] = [
      await readMetric(swarm, 'relay_socket_bytes_total'),
      await readMetric(swarm, 'relay_circuit_bytes_total'),
    ]
    await addFile(owner.page, file)
    await waitForMeter(owner.page, file.name, 5)
    await waitForStatus(rowOf(owner.page, file.name), ['Fragile'])
    const link = await shareLink(owner.page, file.name)
    await owner.close()
    await leaver.close()

    const seventh = await scene.browser('seventh', link)
    expect(await downloadFromLink(seventh.page, scene.folder)).toBe(file.sha256)
    const sent = 5 * (file.size / 2) + file.size
    const pairs = (7 * 6) / 2
    const crossed = (await readMetric(swarm, 'relay_socket_bytes_total')) - socketBytes
    expect(crossed).toBeLessThan(sent / 100)
    expect(crossed).toBeLessThan(pairs * 64 * KIB)
    expect((await readMetric(swarm, 'relay_circuit_bytes_total')) - circuitBytes).toBeLessThan(sent / 100)

    // The page calls a connection direct only when it has no limits.
    const people = (await seventh.openTab(`${swarm.url}/people/`)).getByRole('table', { name: 'People', exact: true })
    await people.getByText('Direct', { exact: true }).nth(1).waitFor({ timeout: MINUTE })
    expect(await people.getByText('Relayed', { exact: true }).count()).toBe(0)
  },
  20 * MINUTE,
)
