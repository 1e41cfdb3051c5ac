import { HoardError } from '../../core/errors.ts'
import type { TabChannel } from '../../ports/tab-channel.ts'
import type { OpenedFile, OpenedLink } from '../api/link-view.ts'
import type { Peer } from '../api/peer.ts'
import { callPlain, isPlainCall } from '../api/plain-calls.ts'
import { packError, readTabMessage, type TabMessage } from './tab-messages.ts'
import { createTabNews } from './tab-news.ts'

/** Most open links, files and reads of other tabs, of each kind: more of them are a leak of ours. */
const HANDLES_AT_MOST = 256

/** Serves `peer` to the other tabs of the profile: they see its snapshots and call it. Returns how to stop. */
export function serveTabs(peer: Peer, channel: TabChannel): () => void {
  const links = new Map<string, OpenedLink>()
  const files = new Map<string, OpenedFile>()
  const reads = new Map<string, { readonly file: string; readonly next: AsyncIterator<Uint8Array>; readonly stop: AbortController }>()
  const shown = createTabNews(channel.self, peer.snapshot())
  /** Tabs that have asked something. While there are none, news is not posted, which would clone thousands of rows for nobody. */
  const followers = new Set<string>()
  const tellNews = (): void => {
    const news = shown.next(peer.snapshot())
    if (followers.size > 0) channel.post({ to: 'all', news } satisfies TabMessage)
  }

  const handleCalls: Record<string, (from: string, handle: string, ...rest: readonly unknown[]) => unknown> = {
    openLink(from, handle, fragment) {
      if (links.size >= HANDLES_AT_MOST) throw new HoardError('storage-unavailable', { reason: 'too many links are open' })
      const link = peer.openLink(String(fragment))
      links.set(handle, link)
      const tellView = (): void => channel.post({ to: from, handle, view: link.snapshot() } satisfies TabMessage)
      link.watch(tellView)
      tellView()
    },
    async linkFile(_from, handle) {
      const link = links.get(handle)
      if (link === undefined) throw notFound('link')
      const file = await link.file()
      if (links.get(handle) !== link) throw notFound('link')
      return keep(handle, file)
    },
    openFile: async (_from, handle, id, version) => {
      const opened = typeof version === 'string' ? peer.openFile(String(id), version) : peer.openFile(String(id))
      return keep(handle, await opened)
    },
    read(_from, handle, file, start, end) {
      const opened = files.get(String(file))
      if (opened === undefined) throw notFound('file')
      if (reads.size >= HANDLES_AT_MOST) throw new HoardError('storage-unavailable', { reason: 'too many reads are open' })
      const stop = new AbortController()
      const range = { start: Number(start), end: Number(end) }
      reads.set(handle, { file: String(file), next: opened.read(range, { signal: stop.signal })[Symbol.asyncIterator](), stop })
    },
    async next(from, handle) {
      const read = reads.get(handle)
      const result = await read?.next.next()
      const pace = files.get(read?.file ?? '')?.pace()
      if (read !== undefined && pace !== undefined) channel.post({ to: from, handle: read.file, pace } satisfies TabMessage)
      if (result?.done !== false) reads.delete(handle)
      return result?.done === false ? result.value : undefined
    },
    close(_from, handle) {
      links.get(handle)?.close()
      links.delete(handle)
      files.delete(handle)
      reads.get(handle)?.stop.abort(new Error('the other tab stopped reading'))
      reads.delete(handle)
    },
    // The handles of a tab begin with its name.
    bye(from) {
      followers.delete(from)
      for (const handle of [...links.keys(), ...files.keys(), ...reads.keys()]) {
        if (handle.startsWith(`${from}/`)) handleCalls['close']?.(from, handle)
      }
    },
    hello: () => shown.whole(),
  }
  const keep = (handle: string, file: OpenedFile): { readonly name: string; readonly type: string; readonly size: number } => {
    files.set(handle, file)
    // Files are never closed: beyond the bound the one opened longest ago is forgotten.
    const [oldest] = files.keys()
    if (files.size > HANDLES_AT_MOST && oldest !== undefined) files.delete(oldest)
    const { name, type, size } = file
    return { name, type, size }
  }
  const call = (from: string, name: string, args: readonly unknown[]): unknown => {
    if (isPlainCall(name)) return callPlain(peer, name, args)
    const handled = Object.hasOwn(handleCalls, name) ? handleCalls[name] : undefined
    if (handled === undefined) throw new HoardError('format-unknown', { call: name })
    return handled(from, String(args[0]), ...args.slice(1))
  }

  const stopListening = channel.listen((received) => {
    const message = readTabMessage(received)
    if (message?.to !== 'leader' || !('call' in message)) return
    const { from, id } = message
    followers.add(from)
    Promise.resolve()
      .then(() => call(from, message.call, message.args))
      .then(
        (value) => channel.post({ to: from, id, value } satisfies TabMessage),
        (error: unknown) => channel.post({ to: from, id, error: packError(error) } satisfies TabMessage),
      )
  })
  const stopWatching = peer.watch(tellNews)
  // Whoever follows asks for the rows: there may be a hundred thousand, and nobody to see them.
  channel.post({ to: 'all', leader: channel.self, begins: true } satisfies TabMessage)
  return () => {
    stopListening()
    stopWatching()
    for (const link of links.values()) link.close()
  }
}

function notFound(object: string): HoardError {
  return new HoardError('not-found', { object })
}
