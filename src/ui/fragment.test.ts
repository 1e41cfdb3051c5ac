import { describe, expect, it } from 'vitest'
import fragments from '../core/vectors/link-fragment.json'
import texts from '../core/vectors/link-text.json'
import { readLink } from '../core/link-text.ts'
import { linkFragment } from '../core/link.ts'
import { isLinkPath, looksLikeLink, takeLink } from './fragment.ts'

const key = fragments.valid[0]?.fragment ?? ''

/** One tab, whose memory outlives a reload. */
function openTab() {
  const remembered = new Map<string, string>()
  const memory = { read: (name: string) => remembered.get(name), write: (name: string, value: string) => void remembered.set(name, value) }
  return (href: string) => {
    const shown: string[] = []
    const bar = { replaceState: (data: unknown, _unused: string, url: string) => shown.push(`${String(data)} ${url}`) }
    return { link: takeLink(new URL(href, 'https://hoard.example.org'), bar, memory), shown }
  }
}

describe('the key part of a link', () => {
  it('leaves the address bar and the history entry, and is handed on', () => {
    expect(openTab()('/s/?a=1#AVh1Qm')).toEqual({ link: { text: '/?a=1#AVh1Qm', isSeenByHost: false }, shown: ['null /s/'] })
  })

  it('survives a reload in its tab and nowhere else', () => {
    const visit = openTab()
    const { link } = visit(`/s/#${key}`)
    expect(visit('/s/')).toEqual({ link, shown: [] })
    expect(visit('/s')).toEqual({ link, shown: [] })
    expect(openTab()('/s/')).toEqual({ link: undefined, shown: [] })
  })

  it('is told from one that the host of the app may have seen, also after a reload', () => {
    for (const path of [
      `/s/%23${key}`,
      `/s/%2523${key}`,
      `/s%23${key}`,
      `/s/?x=%23${key}`,
      `/s/${key}`,
      `/s/%23${key.replaceAll('-', '%2D')}`,
    ]) {
      const visit = openTab()
      expect([path, visit(path)]).toMatchObject([path, { link: { isSeenByHost: true }, shown: ['null /s/'] }])
      expect(visit('/s/').link).toMatchObject({ isSeenByHost: true })
    }
    const campaign = `IwAR0${'abcdefghij'.repeat(12)}`
    for (const path of [`/s/?fbclid=${campaign}#${key}`, `/s/#${key}?fbclid=${campaign}`, `/S/#${key}`, `/s#${key}`]) {
      expect([path, openTab()(path)]).toMatchObject([path, { link: { isSeenByHost: false }, shown: ['null /s/'] }])
    }
  })

  it('is taken off every other page too, where it opens nothing', () => {
    expect(openTab()('/files?a=1#AVh1Qm')).toEqual({ link: undefined, shown: ['null /files?a=1'] })
  })

  it('belongs to /s alone, however the rest was encoded', () => {
    const paths = ['/s', '/s/', '/s/x', '/S/', '/s%23x', '/s/%23x', '/status', '/', '/files/s/', '/sx']
    expect(paths.map(isLinkPath)).toEqual([true, true, true, true, true, true, false, false, false, false])
  })

  it('opens from every address that programs make of a link', () => {
    const addresses = texts.whole.filter(({ text }) => /^https?:\/\/hoard\.example\.org\/s/i.test(text) && !/\s\S/.test(text))
    expect(addresses.length).toBeGreaterThan(10)
    for (const { text, fragment } of addresses) {
      const { link } = openTab()(text)
      expect([text, linkFragment(readLink(link?.text ?? ''))]).toEqual([text, fragment])
    }
  })

  it('is seen in a pasted text, and an ordinary text is none', () => {
    for (const { text } of texts.whole) expect([text, looksLikeLink(text)]).toEqual([text, true])
    const ordinary = [
      '',
      'holiday pictures',
      'https://example.org/shop/#top',
      '/dns4/r.example.org/tcp/443/tls/ws/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
    ]
    for (const text of ordinary) expect([text, looksLikeLink(text)]).toEqual([text, false])
  })
})
