import { describe, expect, it } from 'vitest'
import { isLinkPath, takeFragment } from './fragment.ts'

function taken(path: string, hash: string) {
  const shown: string[] = []
  const fragment = takeFragment(
    { pathname: path, search: '?a=1', hash },
    { replaceState: (data, _unused, url) => shown.push(`${String(data)} ${url}`) },
  )
  return { fragment, shown }
}

describe('the key part of a link', () => {
  it('leaves the address bar and the history entry, and is handed on in memory', () => {
    expect(taken('/s/', '#AVh1Qm')).toEqual({ fragment: 'AVh1Qm', shown: ['null /s/?a=1'] })
  })

  it('is gone after a reload: nothing keeps it', () => {
    expect(taken('/s/', '')).toEqual({ fragment: undefined, shown: [] })
  })

  it('is taken off every other page too, where it opens nothing', () => {
    expect(taken('/files', '#AVh1Qm')).toEqual({ fragment: undefined, shown: ['null /files?a=1'] })
  })

  it('belongs to /s alone', () => {
    expect(['/s', '/s/', '/s/x', '/status', '/', '/files/s/'].map(isLinkPath)).toEqual([true, true, true, false, false, false])
  })
})
