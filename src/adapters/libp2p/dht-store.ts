import type { Libp2pOptions } from 'libp2p'

type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['get']>[0]
type Pair = { key: Key; value: Uint8Array }

const PROVIDERS = '/dht/provider/'
const VALUES = '/dht/record/'

/** How much a node keeps of what strangers tell its DHT. */
export interface DhtStoreLimits {
  /** Provider records in all; the oldest goes first. */
  readonly providers: number
  /** Provider records of any one peer; the oldest goes first. */
  readonly providersPerPeer: number
}

/** Throws the error that libp2p expects where a key is not kept. */
function notFound(key: Key): never {
  throw Object.assign(new Error(`no ${key.toString()}`), { name: 'NotFoundError' })
}

/**
 * Returns the memory of a node: libp2p's own records and the DHT's provider records, these bounded; values of the DHT are refused.
 * Why: kad-dht 16.4 has neither a quota nor a size limit in its ADD_PROVIDER handler.
 */
export function createDhtStore(limits: DhtStoreLimits): Datastore {
  const pairs = new Map<string, Pair>()
  const providersByPeer = new Map<string, Set<string>>()
  const providerKeys = new Set<string>()

  function forgetProvider(text: string): void {
    providerKeys.delete(text)
    const peer = providerOf(text)
    const own = providersByPeer.get(peer)
    own?.delete(text)
    if (own?.size === 0) providersByPeer.delete(peer)
  }

  function remove(text: string): void {
    pairs.delete(text)
    forgetProvider(text)
  }

  function countProvider(text: string): void {
    forgetProvider(text)
    providerKeys.add(text)
    const own = providersByPeer.get(providerOf(text)) ?? new Set()
    own.add(text)
    providersByPeer.set(providerOf(text), own)
    const [oldestOwn] = own
    if (own.size > limits.providersPerPeer && oldestOwn !== undefined) remove(oldestOwn)
    const [oldest] = providerKeys
    if (providerKeys.size > limits.providers && oldest !== undefined) remove(oldest)
  }

  function put(key: Key, value: Uint8Array): Key {
    const text = key.toString()
    if (text.startsWith(VALUES)) throw new Error('this DHT keeps no values')
    pairs.set(text, { key, value })
    if (text.startsWith(PROVIDERS)) countProvider(text)
    return key
  }

  function get(key: Key): Uint8Array {
    return pairs.get(key.toString())?.value ?? notFound(key)
  }

  function select<T>(
    all: Iterable<T>,
    query: { filters?: ((item: T) => boolean)[]; orders?: ((a: T, b: T) => number)[]; offset?: number; limit?: number },
  ): T[] {
    let found = [...all].filter((item) => (query.filters ?? []).every((filter) => filter(item)))
    for (const order of query.orders ?? []) found = found.sort(order)
    const start = query.offset ?? 0
    return found.slice(start, query.limit === undefined ? undefined : start + query.limit)
  }

  function withPrefix(prefix = ''): Pair[] {
    return [...pairs].filter(([text]) => text.startsWith(prefix)).map(([, pair]) => pair)
  }

  return {
    put,
    get,
    has: (key) => pairs.has(key.toString()),
    delete: (key) => remove(key.toString()),
    async *putMany(source) {
      for await (const pair of source) yield put(pair.key, pair.value)
    },
    async *getMany(source) {
      for await (const key of source) yield { key, value: get(key) }
    },
    async *deleteMany(source) {
      for await (const key of source) {
        remove(key.toString())
        yield key
      }
    },
    batch() {
      const changes: (() => void)[] = []
      return {
        put: (key, value) => void changes.push(() => void put(key, value)),
        delete: (key) => void changes.push(() => remove(key.toString())),
        commit: () => changes.splice(0).forEach((change) => change()),
      }
    },
    *query(query) {
      yield* select(withPrefix(query.prefix), query)
    },
    *queryKeys(query) {
      const keys = withPrefix(query.prefix).map((pair) => pair.key)
      yield* select(keys, query)
    },
  }
}

/** The peer a provider record names: the last part of its key. */
function providerOf(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1)
}
