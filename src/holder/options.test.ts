import { expect, test } from 'vitest'
import { parseByteSize } from './byte-size.ts'
import { parseNetworkFile } from '../core/network-file.ts'
import { sayRelays } from './holder.ts'
import { parseHolderOptions } from './options.ts'

const relay = '/dns4/one.example.org/tcp/443/tls/ws'
const other = '/dns4/two.example.org/tcp/443/tls/ws'

test('an offer is read in decimal and binary units', () => {
  expect(['10GB', '8GiB', '1.5 MB', '300', '2tib'].map(parseByteSize)).toEqual([10e9, 8 * 2 ** 30, 1.5e6, 300, 2 ** 41])
  expect(['', 'GB', '-1GB', '1XB', '1e3', '99999999TB'].map(parseByteSize)).toEqual(Array(6).fill(undefined))
})

test('a complete command line is understood', () => {
  const args = ['--network', 'network.json', '--data', 'here', '--offer', '10GB', '--status-port', '0', '--policy', 'p.json']
  expect(parseHolderOptions(args)).toEqual({
    network: 'network.json',
    relays: [],
    dataFolder: 'here',
    offerBytes: 10e9,
    statusPort: 0,
    policy: 'p.json',
    isFresh: false,
    isSalvage: false,
  })
  expect(parseHolderOptions(['--relay', relay, '--relay', other, '--data', 'd', '--offer', '1GB'])).toMatchObject({
    relays: [relay, other],
  })
})

test('a missing or wrong option is named in a sentence', () => {
  for (const args of [
    [],
    ['--relay', relay, '--offer', '1GB'],
    ['--relay', relay, '--data', 'd'],
    ['--relay', relay, '--data', 'd', '--offer', 'much'],
    ['--relay', relay, '--data', 'd', '--offer', '1GB', '--status-port', '70000'],
    ['--relay', relay, '--data', 'd', '--offer', '1GB', '--unknown', '1'],
    ['--relay', relay, '--data', 'd', '--offer', '1GB', '--fresh', '--salvage'],
  ]) {
    expect(typeof parseHolderOptions(args)).toBe('string')
  }
})

test('a network file is read strictly', () => {
  const text = JSON.stringify({ network: 'home', relays: ['/a'], iceServers: [{ urls: 'stun:a' }], policy: { x: 1 } })
  expect(parseNetworkFile(text)).toEqual({ network: 'home', relays: ['/a'], iceServers: [{ urls: 'stun:a' }], policy: { x: 1 } })
  expect(parseNetworkFile('{}')).toEqual({ network: '', relays: [], iceServers: [], policy: {} })
  for (const wrong of [
    '',
    '[]',
    '{"relay":[]}',
    '{"relays":"/a"}',
    '{"iceServers":[{}]}',
    '{"iceServers":[{"urls":"a","credential":1}]}',
    '{"network":1}',
  ]) {
    expect(() => parseNetworkFile(wrong)).toThrow('policy-invalid')
  }
})

test('the program that people run cannot be told to lie', () => {
  const args = ['--relay', relay, '--data', 'd', '--offer', '1GB']
  expect(parseHolderOptions(args)).toBeTypeOf('object')
  expect(parseHolderOptions([...args, '--fault', 'flip:7'])).toMatch(/--fault/)
})

test('the settings of a network come by https or from this machine: by http anybody on the way could change them', () => {
  const args = (place: string) => ['--network', place, '--data', 'd', '--offer', '1GB']
  for (const place of [
    'http://example.org/network.json',
    'HTTP://example.org',
    'http://192.168.1.2/n',
    'http://127.0.0.1.example.org/n',
    'http://localhost@example.org/n',
  ])
    expect(parseHolderOptions(args(place))).toBe(`Anybody on the way could change what ${place} says: use https, or a file.`)
  for (const place of [
    'https://example.org/network.json',
    'http://localhost:4173/n',
    'http://127.0.0.1:1/n',
    'http://[::1]:8080/n',
    'network.json',
  ])
    expect(parseHolderOptions(args(place))).toMatchObject({ network: place })
})

test('a relay is checked when it is given, and one that is silent or somebody else is said to be', () => {
  const args = ['--data', 'd', '--offer', '1GB', '--relay']
  for (const wrong of ['relay.example.org', 'https://relay.example.org', '/a', '/ip4/127.0.0.1/tcp/9090'])
    expect(parseHolderOptions([...args, wrong])).toContain(`${wrong} is not the address of a relay`)
  expect(sayRelays([])).toBe('it knows no relay')
  const both = [
    { address: relay, isConnected: false },
    { address: other, isConnected: false, isSomebodyElse: true },
  ]
  expect(sayRelays(both)).toBe(
    `no answer from ${relay}; another relay than the address names answers at ${other}, so ask for the new address`,
  )
})
