import { describe, expect, it } from 'vitest'
import { holdDownload } from '../src/adapters/browser/downloads/download-hold.ts'
import { createDownloadStreams } from './download-streams.ts'

describe('the service worker', () => {
  it('answers an id that nobody offered, and one that is taken, with 404', () => {
    const streams = createDownloadStreams(navigator.locks)
    const id = 'a'.repeat(22)
    expect(streams.answer(id).status).toBe(404)
    const { port1 } = new MessageChannel()
    void streams.receive({ is: 'download', id, name: 'x', size: 1, isHeld: false }, [port1])
    expect([streams.answer(id).status, streams.answer(id).status]).toEqual([200, 404])
    port1.close()
  })

  it('survives a name that is no proper text', () => {
    const streams = createDownloadStreams(navigator.locks)
    const { port1 } = new MessageChannel()
    void streams.receive({ is: 'download', id: 'b'.repeat(22), name: '\ud800"\r\nSet-Cookie: x', size: 0, isHeld: false }, [port1])
    const header = streams.answer('b'.repeat(22)).headers.get('content-disposition')
    expect(header).toBe("attachment; filename*=UTF-8''%EF%BF%BD%22%0D%0ASet-Cookie%3A%20x")
    port1.close()
  })

  it('forgets a download whose page went before the browser asked', async () => {
    const streams = createDownloadStreams(navigator.locks)
    const id = 'c'.repeat(22)
    const { port1, port2 } = new MessageChannel()
    const hold = await holdDownload(navigator.locks, id)
    const ready = new Promise((resolve) => (port1.onmessage = resolve))
    const kept = streams.receive({ is: 'download', id, name: 'x', size: 1, isHeld: true }, [port2])
    await ready
    hold?.release()
    await kept
    expect(streams.answer(id).status).toBe(404)
    port1.close()
  })
})
